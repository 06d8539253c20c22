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
  int minor_version = 1;  ///< of HTTP/1.1, or 0
  int status = 0;
  std::string reason;
  header_list headers;
};

/// Bounds of a response head.
struct head_limits {
  std::size_t max_size = 16 * 1024;  ///< bytes, the empty line and interim responses included
  std::size_t max_headers = 128;
};

/// Collects the bytes of a response head (RFC 9112) and parses it once its empty line has come.
/// Strict: CRLF line ends only, no space before a colon, tokens as names, no control characters in
/// values; HTTP/1.1 and 1.0 only. The space before a reason phrase may be absent along with it, and
/// obsolete line folding becomes a space (RFC 9112 4, 5.2). However the input is split, the outcome
/// is the same. Interim responses (1xx other than 101) before it are passed over, RFC 9110 15.2.
class http_head_parser {
 public:
  explicit http_head_parser(head_limits limits = {}) : limits_(limits) {}

  /// Takes bytes up to the end of the head and says how many: those after it are not touched.
  /// `ec` is `errc::malformed_response`, `errc::response_head_too_big`, `errc::too_many_headers`
  /// as soon as it is certain, whatever may follow; it stays so, and no more is taken.
  WSX_API std::size_t feed(bytes_view input, std::error_code& ec);

  /// Once `feed` has failed: why, as a phrase for people, with the number of the line and the line
  /// itself, escaped and bounded: `line 3 of the response has no colon: "garbage"`. Lines of
  /// interim responses count. If another protocol is spoken, it shows what of its first line has
  /// come.
  const std::string& error_detail() const noexcept { return error_detail_; }

  /// What it means that the connection has ended before the head was complete, as such a phrase.
  WSX_API std::string describe_end() const;

  /// Whether anything has come.
  bool started() const noexcept { return size_ > 0; }

  /// Whether the head is complete.
  bool done() const noexcept { return done_; }

  /// The head; complete once `done()`.
  const http_head& head() const noexcept { return head_; }
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
  std::string line_;      // the line being collected
  std::size_t size_ = 0;  // bytes taken so far
  std::size_t line_number_ = 1;
  bool done_ = false;
  bool has_status_ = false;
  std::error_code error_;
  std::string error_detail_;
  http_head head_;
};

}  // namespace wsx::protocol
