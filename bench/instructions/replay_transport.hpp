#pragma once

#include <wsx/transport/strand.hpp>
#include <wsx/transport/transport.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace bench {

/// What the server of a `replay_transport` sends.
struct replay {
  std::string frame{};         ///< again and again,
  std::size_t left = 0;        ///< so often
  bool one_in_flight = false;  ///< the next only when the client has written something
};

/// A connection that costs next to nothing: what is read comes from a buffer that was filled
/// beforehand, what is written is forgotten. So what a run costs is the client. One at a time,
/// since a client makes its transport itself: what is played is `the_replay`.
class replay_transport {
 public:
  static inline replay the_replay{};

  replay_transport(asio::any_io_executor executor, std::shared_ptr<wsx::transport_settings>);

  asio::awaitable<std::error_code> connect(const wsx::url& to, wsx::diagnostics& d);
  wsx::io_result read_some(std::span<std::byte> room) noexcept;
  wsx::io_result write_some(wsx::bytes_view bytes) noexcept;
  void async_wait(wsx::io_direction direction, wsx::wait_handler ready);
  void shutdown() noexcept {}
  void close() noexcept { waiting_.reset(); }
  std::string peer_endpoint() const { return "replay"; }
  std::string local_endpoint() const { return "client"; }

 private:
  void fill(std::span<std::byte> room) noexcept;
  void answer(wsx::bytes_view bytes);
  bool readable() const noexcept;
  void wake();
  void post(wsx::wait_handler ready);

  wsx::strand strand_;
  std::string request_{};
  std::string response_{};
  std::string frames_{};  // as many as fit what a client reads at once
  const std::byte* filled_ = nullptr;
  std::size_t filled_size_ = 0;
  bool open_ = false;
  bool due_ = true;
  std::optional<wsx::wait_handler> waiting_{};
};

}  // namespace bench
