#pragma once

#include "servers.hpp"

#include <wsx/client.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

/// A message or a pong that came from the server.
struct received {
  wsx::opcode op{};
  std::string payload{};

  bool operator==(const received&) const = default;
};

inline doctest::String toString(const received& r) {
  const auto opcode = std::to_string(static_cast<int>(r.op));
  const auto size = std::to_string(r.payload.size());
  return ("opcode " + opcode + ", " + size + " bytes: " + r.payload.substr(0, 60)).c_str();
}

using inbox = std::deque<received>;

/// A handler that keeps what comes in an inbox of somebody else.
struct recorder {
  inbox* in;

  void handle_frame(wsx::text m) { in->push_back({wsx::opcode::text, std::string(m.payload)}); }
  void handle_frame(wsx::binary m) { keep(wsx::opcode::binary, m.payload); }
  void handle_pong(wsx::pong p) { keep(wsx::opcode::pong, p.payload); }

 private:
  void keep(wsx::opcode op, wsx::bytes_view payload) {
    in->push_back({op, std::string(wsx::as_chars(payload))});
  }
};

/// A client whose operations block, so that a test reads from top to bottom.
template <class Handler = recorder>
class test_client {
 public:
  explicit test_client(const server& s, wsx::options options = trusting_options())
      : test_client(options) {
    connect(s.url);
  }
  explicit test_client(wsx::options options = trusting_options())
      : client_(io_.get_executor(), Handler{&inbox_}, std::move(options)) {}

  void connect(wsx::request target) { wait(client_.connect(std::move(target))); }

  template <class Frame>
  void send(const Frame& frame) {
    wait(client_.send(frame));
  }
  void send_text(std::string_view payload) { send(wsx::text{payload}); }

  /// The next message or pong.
  received next() {
    run_until([this] { return !inbox_.empty(); });
    received r = std::move(inbox_.front());
    inbox_.pop_front();
    return r;
  }

  /// What the server answers to a command.
  std::string ask(std::string_view command) {
    send_text(command);
    return next().payload;
  }

  void close() { wait(client_.close()); }
  void close(wsx::close_code code, std::string_view reason) { wait(client_.close(code, reason)); }

  /// Waits until `count` bytes of messages and frame headers have come over all connections.
  void wait_for_bytes(std::uint64_t count) {
    run_until([&] { return stats().bytes_received >= count; });
  }

  /// Waits until the client has ended, normally or not, and says why.
  wsx::close_reason join() {
    std::optional<wsx::close_reason> ended;
    client_.join([&](std::error_code, wsx::close_reason reason) { ended = std::move(reason); });
    run_until([&] { return ended.has_value(); });
    return *ended;
  }

  wsx::client_status status() {
    std::optional<wsx::client_status> known;
    client_.status([&](wsx::client_status s) { known = std::move(s); });
    run_until([&] { return known.has_value(); });
    return *known;
  }

  /// Runs the client until the condition is met.
  // The limit is for a server that hangs; no test depends on it.
  template <class Condition>
  void run_until(Condition met) {
    using namespace std::chrono_literals;
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    io_.restart();
    while (!met()) {
      if (io_.run_one_until(deadline) == 0)
        throw std::runtime_error("what the test waits for did not come");
    }
  }

  wsx::client<Handler>& get() noexcept { return client_; }
  wsx::stats stats() const noexcept { return client_.stats(); }
  inbox& unread() noexcept { return inbox_; }

 private:
  void wait(asio::awaitable<void> operation) {
    std::optional<std::exception_ptr> done;
    asio::co_spawn(io_, std::move(operation), [&](std::exception_ptr thrown) { done = thrown; });
    run_until([&] { return done.has_value(); });
    if (*done) std::rethrow_exception(*done);
  }

  asio::io_context io_{1};
  inbox inbox_;
  wsx::client<Handler> client_;
};

/// The server ended the connection without a Close frame.
template <class Client>
void check_dropped(Client& client) {
  const auto reason = client.join();
  CHECK(reason.origin == wsx::close_origin::remote);
  CHECK(reason.error == wsx::errc::connection_dropped);
  CHECK_FALSE(reason.received);
  CHECK_FALSE(reason.clean);
  CHECK(client.unread().empty());
}

/// What a connect that fails throws.
inline wsx::system_error refusal(wsx::request target,
                                 const wsx::options& options = trusting_options()) {
  test_client client{options};
  try {
    client.connect(std::move(target));
  } catch (const wsx::system_error& e) {
    return e;
  }
  throw std::runtime_error("the server did not refuse");
}
