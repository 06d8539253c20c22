#include "support.hpp"

#include <array>
#include <stdexcept>
#include <string_view>

// Casts, messages to handle_info, and what callbacks can ask for.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// Which way a message takes to the handler.
enum class way { cast, info, later };

constexpr std::array all_ways{way::cast, way::info, way::later};

template <class Client>
void give(Client& client, way how, task message) {
  switch (how) {
    case way::cast: client->cast(std::move(message)); return;
    case way::info: client->post(std::move(message)); return;
    case way::later: client->post_after(std::chrono::milliseconds(1), std::move(message)); return;
  }
}

std::string callback_of(way how) {
  return how == way::cast ? "cast" : "info";
}

// The client closes as its handler says; the peer sees it.
void closes(way how, std::function<wsx::action(wsx::session&)> act,
            std::function<void(server_connection&)> expect_close, std::error_code end_error) {
  scripted_server server{[&](server_connection& client) {
    client.accept();
    expect_close(client);
    client.send_close(1000);
    client.close();
  }};
  test_client client;
  client.open(server);
  give(client, how, {std::move(act)});
  const auto end = client.join();
  CHECK(end.error == end_error);
  CHECK(end.reason.origin == wsx::close_origin::local);
  CHECK(client.handler().seen ==
        lines{"init", "connect", callback_of(how), "disconnect", "terminate"});
  server.wait();
}

void called(way how) {
  scripted_server server{[](server_connection& client) {
    client.accept();
    client.wait_eof();
  }};
  test_client client;
  client.open(server);
  int number = 0;
  give(client, how, {[&](wsx::session&) {
         number = 42;
         return wsx::ok();
       }});
  CHECK(client.seen(3).back() == callback_of(how));
  CHECK(number == 42);
}

void replies(way how) {
  scripted_server server{[](server_connection& client) {
    client.accept();
    client.expect_text("a reply");
    client.send_close(1000);
    client.expect_close(1000);
  }};
  test_client client;
  client.open(server);
  give(client, how, {[](wsx::session&) { return wsx::reply(wsx::text{"a reply"}); }});
  CHECK(client.join().error == std::error_code());
  server.wait();
}

void closes_normally(way how) {
  closes(
      how, [](wsx::session&) { return wsx::close(); },
      [](server_connection& client) { client.expect_close(); }, {});
}

void closes_with_4012(way how) {
  closes(
      how, [](wsx::session&) { return wsx::close(wsx::close_code{4012}, "Test Close"); },
      [](server_connection& client) { client.expect_close(4012, "Test Close"); },
      wsx::errc::closed_abnormally);
}

// Keeps a state that casts change and messages show.
struct counter {
  int count = 0;
  int shown = 0;

  wsx::action handle_frame(wsx::text) {
    ++shown;
    return wsx::reply(wsx::text{std::to_string(count)});
  }
  wsx::action handle_cast(int more) {
    count += more;
    return wsx::reply(wsx::text{"changed"});
  }
};

}  // namespace

TEST_SUITE("loopback/callbacks") {
  TEST_CASE("init: called once, before handle_connect") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.send_close(1000);
      client.expect_close(1000);
    }};
    recorder handler;
    handler.on_disconnect = [](const wsx::disconnect& d) {
      return d.connection.local_endpoint.empty() || d.reason.code() != wsx::close_code::normal
                 ? wsx::stop()
                 : wsx::reconnect();
    };
    int connections = 0;
    handler.on_connect = [&](const wsx::connection_info& info) {
      CHECK(info.status == 101);
      return ++connections == 2 ? wsx::close(wsx::close_code{4000}) : wsx::ok();
    };
    test_client client{handler};
    client.open(server);
    client.join();
    CHECK(client.handler().seen ==
          lines{"init", "connect", "disconnect", "connect", "disconnect", "terminate"});
  }

  TEST_CASE("state change") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      for (const auto* state : {"5", "12", "0"}) {
        client.expect_text("changed");
        client.send_text("show");
        client.expect_text(state);
      }
      client.send_close(1000);
      client.expect_close(1000);
    }};
    test_client<counter> client;
    client.open(server);
    for (const int change : {5, 7, -12}) {
      const int next = client.handler().shown + 1;
      client->cast(change);
      client.wait_until([&] { return client.handler().shown == next; });
    }
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("cast: called") {
    called(way::cast);
  }

  TEST_CASE("cast: replies") {
    replies(way::cast);
  }

  TEST_CASE("cast: closes") {
    closes_normally(way::cast);
  }

  TEST_CASE("cast: closes with 4012, and the peer sees it") {
    closes_with_4012(way::cast);
  }

  TEST_CASE("cast: in order, and those before the connection wait for it") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      for (int i = 0; i < 10; ++i) client.expect_text(std::to_string(i));
      client.send_close(1000);
      client.expect_close(1000);
    }};
    test_client client;
    for (int i = 0; i < 10; ++i) {
      const auto number = std::to_string(i);
      if (i == 5) client.open(server);
      CHECK(client->cast(task{[=](wsx::session&) { return wsx::reply(wsx::text{number}); }}));
    }
    CHECK(client.join().error == std::error_code());
    CHECK_FALSE(client->cast(task{}));
    server.wait();
  }

  TEST_CASE("info: called") {
    called(way::info);
    called(way::later);
  }

  TEST_CASE("info: replies") {
    replies(way::info);
    replies(way::later);
  }

  TEST_CASE("info: closes") {
    closes_normally(way::info);
    closes_normally(way::later);
  }

  TEST_CASE("info: closes with code") {
    closes_with_4012(way::info);
    closes_with_4012(way::later);
  }

  TEST_CASE("a canceled timer is not delivered") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.wait_eof();
    }};
    test_client client;
    client.open(server);
    const auto soon = std::chrono::milliseconds(5);
    auto never = client->post_after(soon, task{[](wsx::session&) { return wsx::close(); }});
    never.cancel();
    client->post_after(3 * soon, task{[](wsx::session&) { return wsx::ok(); }});
    CHECK(client.seen(3) == lines{"init", "connect", "info"});
  }

  namespace {

  lines logged;

  void keep_line(std::string_view line) {
    logged.emplace_back(line);
  }

  }  // namespace

  TEST_CASE("info: by default it is logged") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.send_text("still here");
      client.wait_eof();
    }};
    logged.clear();
    wsx::set_log_sink(keep_line);
    test_client client;
    client.open(server);
    CHECK(client->post(unknown{}));
    client.wait_until([] { return !logged.empty(); });
    wsx::set_log_sink(nullptr);
    REQUIRE(logged.size() == 1);
    CHECK(logged[0].find("unknown") != std::string::npos);
    CHECK(client.seen(3) == lines{"init", "connect", "text still here"});
    CHECK(client->is_open());
  }

  TEST_CASE("a callback that throws closes with 1011; join gives its exception") {
    for (const way how : all_ways) {
      scripted_server server{[](server_connection& client) {
        client.accept();
        client.expect_close(1011);
      }};
      test_client client;
      client.open(server);
      give(client, how, {[](wsx::session&) -> wsx::action { throw std::logic_error("oops"); }});
      const auto end = client.join();
      CHECK(end.error == wsx::errc::handler_failed);
      CHECK(end.reason.origin == wsx::close_origin::error);
      CHECK_THROWS_WITH_AS(std::rethrow_exception(end.reason.exception), "oops", std::logic_error);
      server.wait();
    }
  }

  TEST_CASE("terminate: after an error in handle_info, in handle_cast, in a close, exactly once") {
    const auto fail = [](wsx::session&) -> wsx::action { throw std::logic_error("oops"); };
    const auto close = [](wsx::session&) { return wsx::close(wsx::close_code{4000}); };
    const auto forbidden = [](wsx::session&) { return wsx::close(wsx::close_code{1005}); };
    struct act {
      std::function<wsx::action(wsx::session&)> what;
      bool throws = false;  // then handle_disconnect is not asked
    };
    for (const way how : all_ways) {
      for (const act& action : {act{fail, true}, act{close}, act{forbidden}}) {
        scripted_server server{[](server_connection& client) {
          client.accept();
          client.read_frame();
        }};
        test_client client;
        client.open(server);
        give(client, how, {action.what});
        CHECK(client.join().error);
        lines expected{"init", "connect", callback_of(how)};
        if (!action.throws) expected.push_back("disconnect");
        expected.push_back("terminate");
        CHECK(client.handler().seen == expected);
      }
    }
  }
}
