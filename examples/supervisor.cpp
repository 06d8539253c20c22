// Two clients under a supervisor: "orders" depends on "account", so that the failure of "account"
// restarts both (rest_for_one). The server runs in this program, and drops a connection that asks
// for it.

#include <wsx/testing/scripted_server.hpp>
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace {

using namespace std::chrono_literals;

struct say {
  std::string words;
};

// How many connections the children have opened so far, and how to wait for more.
class openings {
 public:
  explicit openings(asio::io_context& io) : more_(io, asio::steady_timer::time_point::max()) {}

  void add(const std::string& name) {
    fmt::print("  {} is open\n", name);
    ++count_;
    more_.cancel();
  }

  asio::awaitable<void> until(int count) {
    while (count_ < count) {
      std::error_code canceled;
      co_await more_.async_wait(asio::redirect_error(asio::use_awaitable, canceled));
    }
  }

 private:
  asio::steady_timer more_;
  int count_ = 0;
};

// It has no `handle_disconnect`: it ends when its connection does, and the supervisor makes
// another.
struct feed {
  std::string name;
  openings* opened;

  void init(const wsx::connection_info&) { opened->add(name); }
  void handle_frame(wsx::text) {}
  wsx::action handle_cast(const say& message) { return wsx::reply(message.words); }
  void terminate(const wsx::close_reason& reason) {
    fmt::print("  {}: {}\n", name, to_string(reason));
  }
};

asio::awaitable<void> run(asio::io_context& io, std::string url) {
  openings opened(io);
  const auto make = [&](std::string name) {
    return [&io, &opened, url, name] {
      return wsx::child(wsx::client<feed>(io, feed{name, &opened}), url);
    };
  };
  wsx::supervisor_options options;
  options.name = "trading";
  options.strategy = wsx::restart_strategy::rest_for_one;
  wsx::supervisor trading(io, options, {{"account", make("account")}, {"orders", make("orders")}});

  fmt::print("start\n");
  co_await trading.start();
  fmt::print("the server drops \"account\"\n");
  trading.cast<feed>("account", say{"drop me"});
  co_await opened.until(4);
  const std::string tree = co_await trading.tree();
  fmt::print("{}stop\n", tree);
  co_await trading.stop();
}

void serve(wsx::testing::server_connection& client) {
  client.accept();
  const auto frame = client.read_frame();
  if (!frame || frame->opcode == wsx::testing::opcodes::text) return;  // which ends TCP
  client.send_close(1001);
}

}  // namespace

int main() {
  try {
    wsx::testing::scripted_server server{serve};
    asio::io_context io(1);
    std::exception_ptr failure;
    asio::co_spawn(io, run(io, server.url()),
                   [&failure](std::exception_ptr what) { failure = what; });
    io.run_for(60s);
    if (failure) std::rethrow_exception(failure);
    return io.stopped() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "supervisor: {}\n", error.what());
    return 1;
  }
}
