#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/header.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsx::protocol {

/// The head of an HTTP/1 response.
struct http_head {
  int minor_version = 1;  ///< 1 or 0, of HTTP/1
  int status = 0;
  std::string reason;
  header_list headers;
};

/// Limits of a response head.
struct head_limits {
  std::size_t max_size = 16 * 1024;  ///< bytes, including the empty line and interim responses
  std::size_t max_headers = 128;
};

/// Collects the bytes of a response head (RFC 9112), and parses it when its empty line has arrived.
///
/// It is strict: CRLF line ends only, no space before a colon, tokens as names, no control
/// characters in values, HTTP/1.1 and 1.0 only. The space before a reason phrase may be missing
/// with the phrase, and obsolete line folding becomes a space (RFC 9112 4, 5.2). The result does
/// not depend on how the input is split. Interim responses (1xx other than 101) are skipped, RFC
/// 9110 15.2.
class http_head_parser {
 public:
  explicit http_head_parser(head_limits limits = {}) : limits_(limits) {}

  /// Takes bytes up to the end of the head and returns how many; later ones are not touched. `ec`
  /// is `errc::malformed_response`, `errc::response_head_too_big` or `errc::too_many_headers` as
  /// soon as that is certain. After an error nothing more is taken.
  WSX_API std::size_t feed(bytes_view input, std::error_code& ec);

  /// Returns why `feed` has failed, as a phrase for people, with the number of the line and the
  /// line itself, escaped and bounded: `line 3 of the response has no colon: "garbage"`. Lines of
  /// interim responses count. If the server speaks another protocol, it shows what has arrived of
  /// its first line.
  const std::string& error_detail() const noexcept { return error_detail_; }

  /// Returns such a phrase for a connection that has ended before the head was complete.
  WSX_API std::string describe_end() const;

  /// Returns whether any bytes have arrived.
  bool started() const noexcept { return size_ > 0; }

  /// Returns whether the head is complete.
  bool done() const noexcept { return done_; }

  /// Takes the head, which is complete once `done()`.
  http_head&& take() noexcept { return std::move(head_); }

 private:
  std::string_view plain_text(std::string_view left) const noexcept;
  std::error_code take_char(char c, std::string_view next);
  std::error_code parse_line(std::string_view line);
  std::error_code parse_status_line(std::string_view line);
  std::error_code parse_field(std::string_view line);
  std::error_code unfold(std::string_view line);
  void end_head();
  std::error_code malformed(std::string_view fault, std::string_view line);
  std::error_code foreign(std::string_view next);
  std::error_code too_big();

  head_limits limits_;
  std::string line_;      // the line that is being collected
  std::size_t size_ = 0;  // bytes taken so far
  std::size_t line_number_ = 1;
  bool done_ = false;
  bool has_status_ = false;
  std::error_code error_;
  std::string error_detail_;
  http_head head_;
};

}  // namespace wsx::protocol
