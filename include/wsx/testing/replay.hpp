#pragma once

#include <wsx/config.hpp>

#include <wsx/client.hpp>
#include <wsx/options.hpp>
#include <wsx/recording/record.hpp>
#include <wsx/testing/memory_transport.hpp>

#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace wsx::testing {

/// How time passes for the client while a recording is replayed. Neither waits for real.
enum class replay_speed {
  as_recorded,          ///< as it did then: pings, timeouts and `post_after` come when they came
  as_fast_as_possible,  ///< it stands still while a connection is open: no timer is due
};

struct replay_options {
  replay_speed speed = replay_speed::as_recorded;
  wsx::options client{};  ///< those that the client had then
};

/// The first frame that the client sends now and did not send then, or the other way round.
struct replay_difference {
  /// How many frames it sent before, since the beginning or the last gap. Pings and pongs, which
  /// may overtake others, are compared and counted on their own.
  std::uint64_t index = 0;
  std::uint64_t record = 0;                ///< how many records were replayed
  std::optional<recording::frame> then{};  ///< none: nothing more was sent
  std::optional<recording::frame> now{};
};

/// `frame 7 (record 12): then text "a", now text "b"`
std::string describe(const replay_difference& difference);

struct replay_result {
  std::uint64_t records = 0;
  std::uint64_t connections = 0;
  std::uint64_t received = 0;  ///< frames that the handler got
  std::uint64_t same = 0;      ///< frames that the client sent then and now
  std::uint64_t gaps = 0;      ///< frames sent just before a gap are not compared
  std::uint64_t skipped = 0;   ///< received frames that were recorded only in part
  std::optional<replay_difference> difference{};  ///< the first one, at which the replay ends
};

/// What `replay` consists of besides the client: the server, the loop and the clock.
class replay_stage {
 public:
  replay_stage(std::istream& recording, replay_speed speed);
  ~replay_stage();
  replay_stage(const replay_stage&) = delete;
  replay_stage& operator=(const replay_stage&) = delete;

  asio::io_context& context() noexcept;
  /// Returns what the client has to connect to.
  std::string url() const;
  replay_result play();

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// Opens a recording. Throws `recording::recording_error`.
std::unique_ptr<std::istream> open_recording(const std::filesystem::path& file);

/// Plays a recording to a new client with this handler, and compares what the client sends with
/// what it sent then, frame by frame. The same recording and handler have the same result each
/// time, since everything runs on this thread, in memory, with a clock that is moved by hand.
///
/// What the handler received then, it receives in the same order, and connections end where they
/// ended. Casts, posts and frames of other senders were not recorded: a handler that depends on
/// them behaves differently. So does one that asks another clock, or for random numbers. Payloads
/// that the recorder redacted are replayed as they were recorded.
///
/// Throws `recording::recording_error` if the file is not a whole recording.
///
///     const auto result = wsx::testing::replay("feed.wsxrec", feed());
///     if (result.difference) std::puts(describe(*result.difference).c_str());
template <class Handler>
replay_result replay(std::istream& recording, Handler handler, replay_options options = {}) {
  replay_stage stage(recording, options.speed);
  basic_client<Handler, memory_transport> client(stage.context(), std::move(handler),
                                                 std::move(options.client));
  client.connect(stage.url(), asio::detached);
  return stage.play();
}
template <class Handler>
replay_result replay(const std::filesystem::path& file, Handler handler,
                     replay_options options = {}) {
  const auto recording = open_recording(file);
  return replay(*recording, std::move(handler), std::move(options));
}

}  // namespace wsx::testing
