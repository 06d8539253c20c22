// A client that logs its life with spdlog: its connections at the level "info", failures as
// warnings, frames only if they are asked for. Usage: logging [--frames]

#include <wsx/logged.hpp>
#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/scripted_server.hpp>
#include <wsx/wsx.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <concepts>
#include <spdlog/spdlog.h>
#include <string>
#include <string_view>
#include <utility>

namespace {

// Frames are left to a trace, so that they cost nothing while there is none.
template <class Event>
concept frame =
    std::same_as<Event, wsx::event::frame_sent> || std::same_as<Event, wsx::event::frame_received>;

struct to_spdlog {
  template <class Event>
  requires(!frame<Event>) void operator()(std::string_view line, const Event& e) const {
    spdlog::log(level_of(e), "{}", line);
  }

 private:
  static spdlog::level::level_enum level_of(const auto&) { return spdlog::level::info; }
  static spdlog::level::level_enum level_of(const wsx::event::attempt_failed&) {
    return spdlog::level::warn;
  }
  static spdlog::level::level_enum level_of(const wsx::event::queue_full&) {
    return spdlog::level::warn;
  }
  static spdlog::level::level_enum level_of(const wsx::event::disconnected& e) {
    return e.reason.normal() ? spdlog::level::info : spdlog::level::warn;
  }
};

struct feed {
  wsx::action handle_connect(const wsx::connection_info&) { return wsx::reply(wsx::text{"hello"}); }
  wsx::action handle_frame(wsx::text) { return wsx::close(); }
};

asio::awaitable<void> run(wsx::client<wsx::logged<feed, to_spdlog>>& client, std::string url) {
  co_await client.connect(std::move(url));
  co_await client.join();
}

}  // namespace

int main(int argc, char** argv) {
  wsx::testing::scripted_server server{wsx::testing::echo_script()};
  asio::io_context io;
  wsx::client<wsx::logged<feed, to_spdlog>> client(io);
  if (argc > 1 && std::string_view(argv[1]) == "--frames") {
    spdlog::set_level(spdlog::level::debug);
    client.trace([](std::string_view line) { spdlog::debug("{}", line); });
  }
  asio::co_spawn(io, run(client, server.url("/?token=secret")), asio::detached);
  io.run();
}
