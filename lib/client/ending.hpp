#pragma once

#include <wsx/close_reason.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/memory/lazy.hpp>
#include <wsx/options.hpp>

#include <exception>
#include <string_view>
#include <system_error>

namespace wsx::detail {

// How the last attempt, connection or client ended, including the explanation.
class ending {
 public:
  const close_reason& reason() const noexcept { return unsaid_ ? out_of_memory() : *reason_; }

  // Returns the error of `join`; clear after a normal end.
  std::error_code error() const noexcept;
  // Returns the error for frames that wait when the client ends.
  std::error_code unsent_error() const noexcept;

  // A connection has been opened: nothing has ended.
  void clear() noexcept {
    reason_ = {};
    unsaid_ = false;
  }

  // Without memory for the details of these, the reason is `errc::internal_failure`.

  // An attempt to connect to `url` failed; `known` has the details.
  void attempt_failed(close_reason how, diagnostics known, const options& o,
                      std::string_view url) noexcept;
  // The open connection to `url` ended.
  void connection_ended(close_reason how, const options& o, std::string_view url) noexcept;
  // The client ended between connections, or before there was one.
  void client_ended(close_reason how, const options& o) noexcept;
  // A callback threw while there was no connection. Only the first one counts.
  void callback_failed(std::exception_ptr what, const options& o) noexcept;

  // Returns the explanation of a failed `connect`: a normal end has none of its own.
  diagnostics details_for_connect(std::error_code error, const options& o,
                                  std::string_view url) const;

  // The client was aborted or destroyed; or closed without a connection.
  static close_reason aborted();
  static close_reason closed();
  // The client itself threw `what`: it has no memory, or the system has no random numbers.
  static close_reason crashed(std::exception_ptr what);

 private:
  static const close_reason& out_of_memory() noexcept;
  close_reason* change() noexcept;
  close_reason* set(close_reason how) noexcept;
  template <class Text>
  static void explain(close_reason& reason, Text text) noexcept;

  memory::lazy<close_reason> reason_;
  bool unsaid_ = false;
};

}  // namespace wsx::detail
