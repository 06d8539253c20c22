#pragma once

#include <wsx/testing/script_error.hpp>
#include <wsx/testing/scripted_server.hpp>
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the tests over real sockets share: a client whose operations block, so that a test reads
// from top to bottom, and a handler that notes down what it is told.
namespace loopback_test {

using lines = std::vector<std::string>;

/// A message to the handler: what the test wants done within the callback.
struct task {
  std::function<wsx::action(wsx::session&)> run;
};

/// A message that `recorder` has no `handle_info` for.
struct unknown {};

/// Notes down each callback, and answers as the test wants it to.
struct recorder {
  lines seen{};
  std::function<wsx::action(const wsx::connection_info&)> on_connect{};
  std::function<wsx::action(std::string_view)> on_text{};
  std::function<wsx::disconnect_decision(const wsx::disconnect&)> on_disconnect{};

  void init(const wsx::connection_info&) { seen.push_back("init"); }
  wsx::action handle_connect(const wsx::connection_info& info) {
    seen.push_back("connect");
    return on_connect ? on_connect(info) : wsx::ok();
  }
  wsx::action handle_frame(wsx::text message) {
    seen.push_back("text " + std::string(message.payload));
    return on_text ? on_text(message.payload) : wsx::ok();
  }
  void handle_frame(wsx::binary message) { note("binary ", message.payload); }
  void handle_pong(wsx::pong answer) { note("pong ", answer.payload); }
  wsx::action handle_cast(const task& t, wsx::session& s) {
    seen.push_back("cast");
    return t.run(s);
  }
  wsx::action handle_info(const task& t, wsx::session& s) {
    seen.push_back("info");
    return t.run(s);
  }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& what) {
    seen.push_back("disconnect");
    return on_disconnect ? on_disconnect(what) : wsx::stop();
  }
  void terminate(const wsx::close_reason&) { seen.push_back("terminate"); }

 private:
  void note(const char* what, wsx::bytes_view payload) {
    seen.push_back(what + std::string(wsx::as_chars(payload)));
  }
};

/// No pings between: what the server sees is what the test did.
inline wsx::options calm() {
  wsx::options o;
  o.ping_interval = std::chrono::milliseconds(0);
  return o;
}

/// What a server's script waits for until the test says go on.
class gate {
 public:
  void open() { opened_.set_value(); }

  /// A test that failed never opens it: then the script fails too.
  void wait() {
    if (open_.wait_for(std::chrono::seconds(60)) != std::future_status::ready)
      throw wsx::testing::script_error("the test did not go on");
  }

 private:
  std::promise<void> opened_;
  std::future<void> open_ = opened_.get_future();
};

/// How an operation ended.
struct outcome {
  std::error_code error{};
  wsx::diagnostics diagnostics{};

  bool ok() const { return !error; }
};

/// How a client ended: what `join` gave.
struct ending {
  std::error_code error{};
  wsx::close_reason reason{};
};

/// A client whose operations block: while one waits, the event loop runs. What does not come for
/// much longer than anything here takes fails the test.
template <class Handler = recorder, wsx::transport Transport = wsx::any_transport>
class test_client {
 public:
  using client_type = wsx::basic_client<Handler, Transport>;

  explicit test_client(Handler handler = Handler(), wsx::options options = calm())
      : client_(std::in_place, io_.get_executor(), std::move(handler), std::move(options)) {}

  client_type* operator->() { return &*client_; }
  Handler& handler() { return client_->handler(); }

  outcome connect(wsx::request target) { return attempt(client_->connect(std::move(target))); }

  /// Connects, which has to succeed.
  void open(wsx::request target) {
    const auto connected = connect(std::move(target));
    if (!connected.ok()) throw wsx::system_error(connected.error, connected.diagnostics);
  }
  void open(const wsx::testing::scripted_server& server) { open(server.url()); }

  template <class Frame>
  std::error_code send(const Frame& frame) {
    return attempt(client_->send(frame)).error;
  }
  wsx::client_status status() { return wait(client_->status()); }
  std::error_code flush() { return attempt(client_->flush()).error; }
  std::error_code close() { return attempt(client_->close()).error; }
  std::error_code close(wsx::close_code code, std::string_view reason = {}) {
    return attempt(client_->close(code, reason)).error;
  }

  ending join() {
    try {
      return {{}, wait(client_->join())};
    } catch (const wsx::system_error& e) {
      return {e.code(), e.reason().value()};
    }
  }

  /// What the handler noted down, once it is so much.
  const lines& seen(std::size_t count) {
    wait_until([&] { return handler().seen.size() >= count; });
    return handler().seen;
  }

  /// Starts an operation, which goes on while others wait.
  template <class T>
  std::future<T> start(asio::awaitable<T> operation) {
    return asio::co_spawn(io_, std::move(operation), asio::use_future);
  }

  template <class T>
  T wait(asio::awaitable<T> operation) {
    return wait(start(std::move(operation)));
  }
  template <class T>
  T wait(std::future<T> result) {
    wait_until(
        [&] { return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    return result.get();
  }

  template <class Condition>
  void wait_until(Condition met) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!met()) {
      io_.restart();
      if (std::chrono::steady_clock::now() >= give_up)
        throw std::runtime_error("what the test waits for did not come");
      // Another thread may be what makes the condition true: so look again now and then.
      io_.run_one_for(std::chrono::milliseconds(20));
    }
  }

  /// Destroys the client, and runs what it left to run.
  void destroy() {
    client_.reset();
    io_.restart();
    io_.run_for(std::chrono::seconds(60));
  }

 private:
  outcome attempt(asio::awaitable<void> operation) {
    try {
      wait(std::move(operation));
      return {};
    } catch (const wsx::system_error& e) {
      return {e.code(), e.diagnostics()};
    }
  }

  asio::io_context io_;
  std::optional<client_type> client_;
};

}  // namespace loopback_test
