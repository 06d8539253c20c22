#include "report.hpp"

#include <string>
#include <utility>

// Operations at the wrong time, or with what may not be sent.

namespace errors_test {

namespace {

using namespace loopback_test;
using namespace wsx::testing;

void deaf(server_connection& client) {
  client.accept();
  client.read_frame();
  client.wait_eof();
}

void at_the_wrong_time(report& to) {
  to.section("At the wrong time");
  test_client<> client;
  to.add("send before connect", thrown_by(client, client->send(wsx::text{"x"})));
  to.add("flush before connect", thrown_by(client, client->flush()));
  scripted_server server{[](server_connection& c) {
    c.accept();
    c.read_frame();
    c.send_close(1000);
  }};
  client.open(server);
  to.add("connect twice",
         thrown_by(client, client->connect("ws://me:secret@localhost/?token=secret")));
  auto closing = client.start(client->close());
  client.wait_until([&] { return !client->is_open(); });
  to.add("send while closing", thrown_by(client, client->send(wsx::text{"x"})));
  client.wait(std::move(closing));
  to.add("send after the end", thrown_by(client, client->send(wsx::text{"x"})));
  to.add("connect after the end", thrown_by(client, client->connect(server.url())));
  to.add("suspend after the end", thrown_by(client, client->suspend()));
}

// Waits for its own client's end, in one way and then the other.
struct waits_for_itself {
  test_client<waits_for_itself>* client;
  report* to;

  asio::awaitable<void> handle_frame(wsx::text) {
    try {
      auto closing = (*client)->close();
      co_await std::move(closing);
    } catch (const wsx::system_error& e) {
      to->add("close() of its own client", e);
    }
    try {
      auto joining = (*client)->join();
      co_await std::move(joining);
    } catch (const wsx::system_error& e) {
      to->add("join() of its own client", e);
    }
    try {
      auto suspending = (*client)->suspend();
      co_await std::move(suspending);
    } catch (const wsx::system_error& e) {
      to->add("suspend() of its own client", e);
    }
    try {
      auto resuming = (*client)->resume();
      co_await std::move(resuming);
    } catch (const wsx::system_error& e) {
      to->add("resume() of its own client", e);
    }
    try {
      auto access = (*client)->with_handler([](waits_for_itself&) {});
      co_await std::move(access);
    } catch (const wsx::system_error& e) {
      to->add("with_handler() of its own client", e);
    }
  }
};

void in_a_callback(report& to) {
  to.section("In a callback");
  scripted_server server{[](server_connection& c) {
    c.accept();
    c.send_text("x");
    c.send_close(1000);
    c.read_frame();
  }};
  test_client<waits_for_itself> client{{nullptr, &to}};
  client.handler().client = &client;
  client.open(server);
  client.join();
}

void what_may_not_be_sent(report& to) {
  to.section("What may not be sent");
  scripted_server server{deaf};
  auto options = calm();
  options.send_queue_size = 4096;
  options.mailbox_size = 1;
  test_client<> client{{}, options};
  client.open(server);
  to.add("text that is not UTF-8", thrown_by(client, client->send(wsx::text{"a\xff"})));
  const std::string long_payload(126, 'x');
  to.add("a ping of 126 bytes", thrown_by(client, client->send(wsx::ping(long_payload))));
  wsx::fragment last;
  last.first = false;
  to.add("the end of a message that was not begun", thrown_by(client, client->send(last)));
  to.add("close(1005)", thrown_by(client, client->close(wsx::close_code{1005})));
  to.add("close with a reason of 124 bytes",
         thrown_by(client, client->close(wsx::close_code::normal, std::string(124, 'x'))));
  to.add("close with a reason that is not UTF-8",
         thrown_by(client, client->close(wsx::close_code::normal, "\xff")));
  std::error_code error;
  const std::string large(100'000, 'x');
  client->try_send(wsx::binary(large), error);
  to.add("try_send of more than the queue holds", error, error.message());
  while (client->try_send(wsx::binary(std::string_view(large).substr(0, 1000)), error)) {}
  to.add("try_send to a full queue", error, error.message());
  const task nothing{[](wsx::session&) { return wsx::ok(); }};
  while (client->cast(nothing, error)) {}
  to.add("cast to a full mailbox", error, error.message());
}

}  // namespace

void misuse(report& to) {
  at_the_wrong_time(to);
  in_a_callback(to);
  what_may_not_be_sent(to);
}

}  // namespace errors_test
