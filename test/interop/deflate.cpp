#include "test_client.hpp"

#include <cstddef>
#include <string>
#include <vector>

// permessage-deflate with the servers that have it. Python's limits the windows by itself, to 12.

namespace {

constexpr std::size_t sizes[] = {0, 1, 16, 125, 126, 1024, 32'768, 65'536, 131'072};

// Text that compresses, though no two parts of it are the same.
std::string words(std::size_t size) {
  std::string s;
  for (std::size_t i = 0; s.size() < size; ++i) s += "number " + std::to_string(i * 7919) + ", ";
  s.resize(size);
  return s;
}

wsx::options compressing(wsx::deflate_options how) {
  auto o = trusting_options();
  o.deflate = how;
  return o;
}

// Each window with each takeover.
std::vector<wsx::deflate_options> every_agreement() {
  std::vector<wsx::deflate_options> all;
  for (const int bits : {9, 12, 15}) {
    for (const bool server_alone : {false, true}) {
      for (const bool client_alone : {false, true}) {
        all.push_back({.server_max_window_bits = bits,
                       .client_max_window_bits = bits,
                       .server_no_context_takeover = server_alone,
                       .client_no_context_takeover = client_alone,
                       .threshold = 0});
      }
    }
  }
  return all;
}

}  // namespace

TEST_SUITE("interop/deflate") {
  TEST_CASE("messages of every size come back as they went, whatever was agreed on") {
    with_each_echo_server([](const server& s) {
      for (const auto& how : every_agreement()) {
        CAPTURE(how.server_max_window_bits);
        CAPTURE(how.server_no_context_takeover);
        CAPTURE(how.client_no_context_takeover);
        test_client client{s, compressing(how)};
        std::size_t sent = 0;
        for (const auto size : sizes) {
          const auto payload = words(size);
          for (int i = 0; i < 2; ++i) {
            client.send(wsx::text{payload});
            CHECK(client.next() == received{wsx::opcode::text, payload});
            client.send(wsx::binary{std::string_view(payload)});
            CHECK(client.next() == received{wsx::opcode::binary, payload});
            sent += 2 * size;
          }
        }
        CHECK(client.stats().bytes_sent < sent / 2);
        CHECK(client.stats().bytes_received < sent / 2);
        client.close();
      }
    });
  }

  TEST_CASE("16 MiB and 1000 small messages, compressed") {
    with_each_echo_server([](const server& s) {
      test_client client{s, compressing({})};
      const auto large = words(16 * 1024 * 1024);
      client.send(wsx::text{large});
      CHECK(client.next() == received{wsx::opcode::text, large});
      for (int i = 0; i < 1000; ++i) client.send_text("small message " + std::to_string(i));
      for (int i = 0; i < 1000; ++i) {
        REQUIRE(client.next() == received{wsx::opcode::text, "small message " + std::to_string(i)});
      }
    });
  }

  TEST_CASE("compressed fragments, both ways, and what is not to be compressed between") {
    with_each_echo_server([](const server& s) {
      test_client client{s, compressing({.threshold = 0})};
      std::string whole;
      for (int i = 0; i < 10; ++i) {
        const auto piece = words(static_cast<std::size_t>(i) * 100);
        whole += piece;
        client.send(wsx::fragment{wsx::opcode::text, i == 0, i == 9, wsx::as_bytes(piece)});
      }
      CHECK(client.next() == received{wsx::opcode::text, whole});
      client.send(wsx::uncompressed(wsx::text{whole}));
      CHECK(client.next() == received{wsx::opcode::text, whole});
      CHECK(client.ask("!fragment 5 text") == "0;1;2;3;4;");
    });
  }
}
