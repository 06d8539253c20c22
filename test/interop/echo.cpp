#include "../common/noise.hpp"
#include "test_client.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

using common_test::noise;

namespace {

// Each step of the length field, RFC 6455 5.2, and the largest that the client takes by default.
constexpr std::size_t sizes[] = {0, 1, 125, 126, 65'535, 65'536, 16 * 1024 * 1024};

// UTF-8 of every width, with pieces cut at no power of two.
std::string text_of(std::size_t size) {
  const std::string_view letters = "a\u00DF\u20AC\U0001F600";
  std::string s;
  s.reserve(size);
  while (s.size() + letters.size() <= size) s += letters;
  s.append(size - s.size(), 'x');
  return s;
}

}  // namespace

TEST_SUITE("interop/echo") {
  TEST_CASE("text of every size comes back as it went") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      for (const auto size : sizes) {
        const auto sent = text_of(size);
        client.send(wsx::text{sent});
        CHECK(client.next() == received{wsx::opcode::text, sent});
      }
    });
  }

  TEST_CASE("binary of every size comes back as it went") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      for (const auto size : sizes) {
        const auto sent = noise(size);
        client.send(wsx::binary{std::string_view(sent)});
        CHECK(client.next() == received{wsx::opcode::binary, sent});
      }
    });
  }

  TEST_CASE("many messages in flight come back in their order") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      for (int i = 0; i < 2000; ++i) client.send_text(std::to_string(i));
      for (int i = 0; i < 2000; ++i) {
        REQUIRE(client.next() == received{wsx::opcode::text, std::to_string(i)});
      }
    });
  }

  TEST_CASE("a message over the client's limit is answered with 1009, which the server sees") {
    with_each_echo_server([](const server& s) {
      auto options = trusting_options();
      options.max_message_size = 1000;
      test_client client{s, options};
      const auto number = client.ask("!number");
      client.send(wsx::text{text_of(1001)});
      const auto reason = client.join();
      CHECK(reason.origin == wsx::close_origin::error);
      CHECK(reason.error == wsx::errc::message_too_big);
      CHECK(reason.sent == wsx::close_code::message_too_big);

      test_client witness{s};
      CHECK(witness.ask("!closed " + number).substr(0, 4) == "1009");
    });
  }
}
