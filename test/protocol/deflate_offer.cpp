#include <wsx/error.hpp>
#include <wsx/protocol/deflate_offer.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

using namespace wsx::protocol;
using wsx::deflate_options;
using wsx::errc;

namespace {

using agreement = std::optional<deflate_agreement>;

agreement granted(std::string_view value, const deflate_options& offered = {}) {
  CAPTURE(value);
  agreement result;
  std::string what;
  CHECK_FALSE(check_extensions(value, offered, result, what));
  CHECK(what.empty());
  return result;
}

// What is said to be wrong.
std::string refused(std::string_view value, const std::optional<deflate_options>& offered = {{}}) {
  CAPTURE(value);
  agreement result;
  std::string what;
  CHECK(check_extensions(value, offered, result, what) == errc::bad_extensions_header);
  return what;
}

std::string with(std::string_view parameters) {
  return "permessage-deflate; " + std::string(parameters);
}

}  // namespace

TEST_SUITE("protocol/deflate_offer: the offer, RFC 7692 7.1") {
  TEST_CASE("by default the server may limit the client's window") {
    CHECK(format_deflate_offer({}) == "permessage-deflate; client_max_window_bits");
  }

  TEST_CASE("everything that can be asked for") {
    CHECK(format_deflate_offer({.server_max_window_bits = 9,
                                .client_max_window_bits = 10,
                                .server_no_context_takeover = true,
                                .client_no_context_takeover = true,
                                .require_server_limits = true}) ==
          with("server_no_context_takeover; client_no_context_takeover; "
               "server_max_window_bits=9; client_max_window_bits=10"));
  }

  TEST_CASE("5.1: behind limits of the server that are not required, an offer without them") {
    const std::string second = ", permessage-deflate; client_max_window_bits";
    for (int bits = 8; bits < 15; ++bits) {
      const auto limit = "server_max_window_bits=" + std::to_string(bits);
      CHECK(format_deflate_offer({.server_max_window_bits = bits}) ==
            with(limit + "; client_max_window_bits") + second);
      CHECK(format_deflate_offer({.server_max_window_bits = bits, .require_server_limits = true}) ==
            with(limit + "; client_max_window_bits"));
    }
    CHECK(format_deflate_offer({.server_no_context_takeover = true}) ==
          with("server_no_context_takeover; client_max_window_bits") + second);
    CHECK(format_deflate_offer({.server_max_window_bits = 9,
                                .client_max_window_bits = 10,
                                .server_no_context_takeover = true,
                                .client_no_context_takeover = true}) ==
          with("server_no_context_takeover; client_no_context_takeover; "
               "server_max_window_bits=9; client_max_window_bits=10, ") +
              with("client_no_context_takeover; client_max_window_bits=10"));
  }

  TEST_CASE("where the server is not limited there is one offer") {
    CHECK(format_deflate_offer({.client_max_window_bits = 8, .client_no_context_takeover = true}) ==
          with("client_no_context_takeover; client_max_window_bits=8"));
    CHECK(format_deflate_offer({.require_server_limits = true}) == with("client_max_window_bits"));
  }
}

TEST_SUITE("protocol/deflate_offer: what the server grants, RFC 7692 7.1") {
  TEST_CASE("nothing") {
    CHECK(granted("") == std::nullopt);
    CHECK(granted(" , ,\t") == std::nullopt);
  }

  TEST_CASE("the extension as it is") {
    CHECK(granted("permessage-deflate") == deflate_agreement{});
    CHECK(granted(", permessage-deflate ,") == deflate_agreement{});
  }

  TEST_CASE("each parameter, asked for or not") {
    CHECK(granted(with("server_no_context_takeover"))->server_no_context_takeover);
    CHECK(granted(with("client_no_context_takeover"))->client_no_context_takeover);
    for (int bits = 8; bits <= 15; ++bits) {
      CHECK(
          granted(with("server_max_window_bits=" + std::to_string(bits)))->server_max_window_bits ==
          bits);
      CHECK(
          granted(with("client_max_window_bits=" + std::to_string(bits)))->client_max_window_bits ==
          bits);
    }
  }

  TEST_CASE("all of them, with space around and in quotes") {
    const auto all = granted(
        "permessage-deflate;server_no_context_takeover ; client_no_context_takeover\t; "
        "server_max_window_bits = \"1\\0\";client_max_window_bits=12");
    CHECK(all == deflate_agreement{true, true, 10, 12});
  }

  TEST_CASE("what the client wants of itself holds whatever the server says") {
    const deflate_options modest{.client_max_window_bits = 10, .client_no_context_takeover = true};
    CHECK(granted("permessage-deflate", modest) == deflate_agreement{false, true, 15, 10});
    CHECK(granted(with("client_max_window_bits=12"), modest)->client_max_window_bits == 10);
    CHECK(granted(with("client_max_window_bits=9"), modest)->client_max_window_bits == 9);
  }

  TEST_CASE("what the client required of the server has to be granted") {
    const deflate_options strict{.server_max_window_bits = 10,
                                 .server_no_context_takeover = true,
                                 .require_server_limits = true};
    const std::string in_vain = " was asked for, and the server left it out";
    CHECK(refused("permessage-deflate", strict) == "server_no_context_takeover" + in_vain);
    CHECK(refused(with("server_max_window_bits=10"), strict) ==
          "server_no_context_takeover" + in_vain);
    CHECK(refused(with("server_no_context_takeover"), strict) ==
          "server_max_window_bits=10" + in_vain);
    for (const std::string bits : {"11", "15"}) {
      CHECK(refused(with("server_no_context_takeover; server_max_window_bits=" + bits), strict) ==
            "server_max_window_bits=10 was asked for, the server answered " + bits);
    }
    for (const int bits : {8, 9, 10}) {
      CHECK(granted(
                with("server_no_context_takeover; server_max_window_bits=" + std::to_string(bits)),
                strict) == deflate_agreement{true, false, bits, 15});
    }
    CHECK(granted("permessage-deflate", {.require_server_limits = true}) == deflate_agreement{});
    CHECK(granted("", strict) == std::nullopt);
  }

  TEST_CASE("5.1: what was asked for and is not granted was the first choice only") {
    for (int bits = 8; bits <= 15; ++bits) {
      const deflate_options asked{.server_max_window_bits = bits,
                                  .client_max_window_bits = 12,
                                  .server_no_context_takeover = true};
      CHECK(granted("permessage-deflate", asked) == deflate_agreement{false, false, 15, 12});
      CHECK(granted(with("server_no_context_takeover"), asked) ==
            deflate_agreement{true, false, 15, 12});
      for (int answer = 8; answer <= 15; ++answer) {
        CHECK(granted(with("server_max_window_bits=" + std::to_string(answer)), asked) ==
              deflate_agreement{false, false, answer, 12});
      }
      CHECK(granted(with("server_no_context_takeover; server_max_window_bits=8"), asked) ==
            deflate_agreement{true, false, 8, 12});
    }
  }

  TEST_CASE("what is not in its range") {
    const std::string set = "the server set ";
    for (const std::string name : {"server_max_window_bits", "client_max_window_bits"}) {
      CHECK(refused(with(name)) == set + name + " without a value, which is 8 to 15");
      for (const std::string value :
           {"7", "16", "08", "015", "+9", "-9", "9x", "x", "1.0", "99999"}) {
        CHECK(refused(with(name + "=" + value)) ==
              set + name + "=" + value + ", which is not 8 to 15");
      }
    }
    CHECK(refused(with("server_no_context_takeover=1")) ==
          set + "server_no_context_takeover=1, which takes no value");
    CHECK(refused(with("client_no_context_takeover=true")) ==
          set + "client_no_context_takeover=true, which takes no value");
  }

  TEST_CASE("what is doubled or unknown") {
    for (const std::string name : {"server_no_context_takeover", "client_no_context_takeover"})
      CHECK(refused(with(name + "; " + name)) == "the server set " + name + " twice");
    for (const std::string name : {"server_max_window_bits", "client_max_window_bits"}) {
      CHECK(refused(with(name + "=9; " + name + "=9")) == "the server set " + name + " twice");
    }
    const std::string unknown = ", which is no parameter of permessage-deflate";
    CHECK(refused(with("x")) == "the server set x" + unknown);
    CHECK(refused(with("Server_no_context_takeover")) ==
          "the server set Server_no_context_takeover" + unknown);
    CHECK(refused("permessage-deflate, permessage-deflate") ==
          "the server chose permessage-deflate twice");
    CHECK(refused("x-webkit-deflate-frame") ==
          "the server chose x-webkit-deflate-frame, which was not offered");
    CHECK(refused("permessage-deflate, y; z=1") == "the server chose y, which was not offered");
    CHECK(refused(std::string(10'000, 'y')).size() < 160);
    CHECK(refused(with("a=" + std::string(10'000, 'y'))).size() < 160);
  }

  TEST_CASE("anything, if nothing was offered") {
    CHECK(refused("permessage-deflate", std::nullopt) ==
          "the server chose permessage-deflate, which was not offered");
  }

  TEST_CASE("what does not follow the grammar") {
    for (const std::string value :
         {";", "=", "a b", "a;", "a;;b", "a;=1", "a; b=", "a; b==1", "a, b c"})
      CHECK(refused(value) == "Sec-WebSocket-Extensions is malformed: \"" + value + "\"");
    for (const std::string value : {"a; b=\"", "a; b=\"\"", "a; b=\"x", "a; b=\"x\\",
                                    "a; b=\"x y\"", "a; b=\"x\" y", "\"a\""})
      CHECK(refused(value).starts_with("Sec-WebSocket-Extensions is malformed: "));
    CHECK(refused("a\x01") == R"(Sec-WebSocket-Extensions is malformed: "a\x01")");
  }
}
