#pragma once

#include <wsx/close_reason.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/lazy.hpp>
#include <wsx/protocol/close_payload.hpp>

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsx::protocol {

/// The closing handshake of one connection, and why it began. RFC 6455 7.
///
/// The first cause wins: whatever comes later, the reason's origin stays. Each function that
/// returns a `close_payload` says by it that this Close frame must be sent now. What became of it
/// `queued` and `written` tell.
class close_state {
 public:
  /// Whether messages still go both ways.
  bool open() const noexcept { return !begun_; }

  /// Whether the server has sent Close: what follows is discarded. RFC 6455 5.5.1.
  bool received() const noexcept { return received_; }

  /// Whether both have sent Close, ours as far as the transport took it: the server should end the
  /// TCP connection now.
  bool complete() const noexcept { return written_ && received_; }

  /// This side wants to close.
  WSX_API std::optional<close_payload> start(close_payload close);

  /// The server sent Close: the answer is its own code, unless our Close has been written.
  /// RFC 6455 5.5.1.
  WSX_API std::optional<close_payload> receive(const close_payload& close);

  /// The connection must be failed: the server broke a rule or a limit, or a callback threw.
  /// `detail`, which may be empty, is what more is known. RFC 6455 7.1.7.
  WSX_API std::optional<close_payload> fail(std::error_code error,
                                            std::exception_ptr exception = {},
                                            std::string detail = {});

  /// A Close frame with this code is on its way, in place of one that was.
  void queued(std::optional<close_code> code) noexcept { queued_ = code; }

  /// The transport has taken all of the frame that was queued last.
  WSX_API void written();

  /// The transport has ended, and nothing can be said of it yet: `end` will.
  void abandon() noexcept {
    if (!std::exchange(begun_, true)) abandoned_ = true;
  }

  /// The transport has ended: `error` is `asio::error::eof`, given as `at_end`, or what broke it;
  /// `detail`, which may be empty, is what more is known.
  WSX_API void end(std::error_code error, bool at_end, std::string_view detail = {});

  const close_reason& reason() const noexcept { return *reason_; }

 private:
  bool begun_ = false;
  bool written_ = false;
  bool received_ = false;
  bool abandoned_ = false;  // so it has begun, but for no reason yet
  std::optional<close_code> queued_{};
  memory::lazy<close_reason> reason_;
};

/// The code of the Close frame that tells a server what it did wrong. RFC 6455 7.4.1.
WSX_API close_code close_code_for(std::error_code error) noexcept;

}  // namespace wsx::protocol
