#include "test_client.hpp"

#include <chrono>
#include <string>

namespace {

// How a connection ended in the server's eyes.
std::string seen_by(const server& s, const std::string& number) {
  test_client witness{s};
  return witness.ask("!closed " + number);
}

// Replies to every text.
struct polite {
  inbox* in;

  wsx::action handle_frame(wsx::text m) {
    in->push_back({wsx::opcode::text, std::string(m.payload)});
    return wsx::reply(wsx::text{"reply"});
  }
};

}  // namespace

TEST_SUITE("interop/close: RFC 6455 7") {
  TEST_CASE("the client closes with a code: both sides see it") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      const auto number = client.ask("!number");
      client.close(wsx::close_code{4001}, "good bye");
      const auto reason = client.join();
      CHECK(reason.origin == wsx::close_origin::local);
      CHECK(reason.sent == wsx::close_code{4001});
      CHECK(reason.received == wsx::close_code{4001});
      CHECK(reason.text == "good bye");
      CHECK_FALSE(reason.error);
      CHECK(reason.clean);
      CHECK(seen_by(s, number) == "4001 good bye");
    });
  }

  TEST_CASE("the client closes without a code: a normal end") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      const auto number = client.ask("!number");
      client.close();
      const auto reason = client.join();
      CHECK(reason.normal());
      CHECK(reason.clean);
      CHECK_FALSE(reason.sent);
      // RFC 6455 7.1.5: 1005 stands for a Close frame without a code.
      CHECK(seen_by(s, number) == "1005 ");
    });
  }

  TEST_CASE("what was queued before the close arrives before it") {
    with_each_echo_server([](const server& s) {
      constexpr int messages = 20;
      const std::string big(1'000'000, 'x');
      auto options = trusting_options();
      options.send_queue_size = 2 * messages * big.size();
      options.close_timeout = std::chrono::seconds(60);  // includes the sending
      test_client client{s, options};
      const auto number = client.ask("!number");

      // More than the kernel takes at once, all of it queued before the client's first write.
      for (int i = 0; i < messages; ++i) REQUIRE(client.get().try_send(wsx::text{big}));
      client.close(wsx::close_code::normal, "done");
      CHECK(client.join().clean);

      test_client witness{s};
      CHECK(witness.ask("!closed " + number) == "1000 done");
      CHECK(witness.ask("!count " + number) == std::to_string(1 + messages));
    });
  }

  TEST_CASE("the server closes with a code: both sides see it") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      const auto number = client.ask("!number");
      client.send_text("!close 4002 enough");
      const auto reason = client.join();
      CHECK(reason.origin == wsx::close_origin::remote);
      CHECK(reason.received == wsx::close_code{4002});
      CHECK(reason.sent == wsx::close_code{4002});  // RFC 6455 5.5.1: the code is echoed
      CHECK(reason.text == "enough");
      CHECK(reason.clean);
      CHECK_FALSE(reason.normal());
      CHECK(seen_by(s, number).substr(0, 4) == "4002");
    });
  }

  TEST_CASE("the server closes with 1000: a normal end") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      client.send_text("!close 1000");
      const auto reason = client.join();
      CHECK(reason.origin == wsx::close_origin::remote);
      CHECK(reason.received == wsx::close_code::normal);
      CHECK(reason.normal());
      CHECK(reason.clean);
    });
  }

  TEST_CASE("what is said in one segment with a Close is replied to before it is answered") {
    with_each_echo_server([](const server& s) {
      test_client<polite> client{s};
      client.send_text("!farewell");
      for (const char* word : {"a", "b", "c"})
        CHECK(client.next() == received{wsx::opcode::text, word});
      const auto reason = client.join();
      CHECK(reason.origin == wsx::close_origin::remote);
      CHECK(reason.clean);

      test_client witness{s};
      const auto number = std::to_string(std::stoi(witness.ask("!number")) - 1);
      CHECK(witness.ask("!closed " + number) == "1000 ");
      CHECK(witness.ask("!count " + number) == "4");
    });
  }
}
