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
/// The first cause wins: the reason's origin never changes afterwards. A function that returns a
/// `close_payload` asks the caller to send that Close frame now. The caller reports progress with
/// `queued` and `written`.
class close_state {
 public:
  /// Returns whether messages still go both ways.
  bool open() const noexcept { return !begun_; }

  /// Returns whether the server has sent Close: anything after it is discarded. RFC 6455 5.5.1.
  bool received() const noexcept { return received_; }

  /// Returns whether both sides have sent Close, ours as far as the transport took it. The server
  /// should then end the TCP connection.
  bool complete() const noexcept { return written_ && received_; }

  /// This side wants to close.
  WSX_API std::optional<close_payload> start(close_payload close);

  /// This side wants to close once the server has: until then, it sends nothing more, but the
  /// server's messages still count. RFC 6455 1.4.
  WSX_API std::optional<close_payload> shutdown_send(close_payload close);

  /// Returns whether messages can still be sent.
  bool may_send() const noexcept { return !begun_ && !send_shut_down_; }

  /// The server sent Close. The answer has its own code, unless our Close has been written. RFC
  /// 6455 5.5.1.
  WSX_API std::optional<close_payload> receive(const close_payload& close);

  /// Fails the connection: the server broke a rule or a limit, or a callback threw. `detail` says
  /// more about the error; it may be empty. RFC 6455 7.1.7.
  WSX_API std::optional<close_payload> fail(std::error_code error,
                                            std::exception_ptr exception = {},
                                            std::string detail = {});

  /// A Close frame with this code is queued, in place of an earlier one.
  void queued(std::optional<close_code> code) noexcept { queued_ = code; }

  /// The transport has taken all of the last queued frame.
  WSX_API void written();

  /// The transport has ended, but the reason is not known yet: `end` will give it.
  void abandon() noexcept {
    if (may_send()) abandoned_ = true;
    begun_ = true;
  }

  /// The transport has ended. `error` is `asio::error::eof`, with `at_end`, or the error that broke
  /// it. `detail` says more about it; it may be empty.
  WSX_API void end(std::error_code error, bool at_end, std::string_view detail = {});

  const close_reason& reason() const noexcept { return *reason_; }

 private:
  bool begun_ = false;
  bool send_shut_down_ = false;
  bool written_ = false;
  bool received_ = false;
  bool abandoned_ = false;  // so it has begun, but for no reason yet
  std::optional<close_code> queued_{};
  memory::lazy<close_reason> reason_;
};

/// Returns the code of the Close frame that tells a server what it did wrong. RFC 6455 7.4.1.
WSX_API close_code close_code_for(std::error_code error) noexcept;

}  // namespace wsx::protocol
