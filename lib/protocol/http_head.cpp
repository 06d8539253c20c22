#include "display.hpp"
#include "http_syntax.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/http_head.hpp>

#include <algorithm>

namespace wsx::protocol {

namespace {

constexpr std::string_view version = "HTTP/1.1 ";
constexpr std::string_view older_version = "HTTP/1.0 ";

bool begins_like(std::string_view line, std::string_view text) noexcept {
  return line.starts_with(text.substr(0, line.size()));
}

constexpr std::size_t status_digits = 3;

// How much of a line that is not HTTP is kept, which is more than is shown.
constexpr std::size_t max_shown = 256;

// RFC 8446 5.1: the beginning of a record in a reply to plain text: an alert, or a handshake.
bool begins_like_tls(std::string_view text) noexcept {
  const bool type = text.starts_with('\x15') || text.starts_with('\x16');
  return type && (text.size() < 2 || text[1] == '\x03');
}

// Returns as much of the first line of `text` as has arrived.
std::string_view first_line(std::string_view text) noexcept {
  return text.substr(0, text.find_first_of("\r\n"));
}

std::string describe_char(char c) {
  if (c == '\n') return "ends in a line feed without a carriage return";
  return "has " + name_of(c);
}

}  // namespace

// The result can't depend on how the input is split. Text that is valid in any line is taken at
// once, everything else byte by byte.
std::size_t http_head_parser::feed(bytes_view input, std::error_code& ec) {
  std::string_view left = as_chars(input);
  while (!left.empty() && !done_ && !error_) {
    const std::string_view text = plain_text(left);
    if (text.empty()) error_ = take_char(left.front(), left.substr(1));
    line_ += text;
    const std::size_t taken = std::max<std::size_t>(text.size(), 1);
    left.remove_prefix(taken);
    size_ += taken;
    if (!done_ && !error_ && size_ >= limits_.max_size) error_ = too_big();
  }
  ec = error_;
  return input.size() - left.size();
}

// The first bytes must be checked one by one, and so must a byte after a CR.
std::string_view http_head_parser::plain_text(std::string_view left) const noexcept {
  const bool known = has_status_ || line_.size() >= version.size();
  if (!known || line_.ends_with('\r')) return {};
  left = left.substr(0, limits_.max_size - size_);
  const auto* const end =
      std::find_if_not(left.begin(), left.end(), [](char c) { return http::is_field_char(c); });
  return left.substr(0, static_cast<std::size_t>(end - left.begin()));
}

// `next` follows `c`; it is used only to describe an error in more detail.
std::error_code http_head_parser::take_char(char c, std::string_view next) {
  if (line_.ends_with('\r')) {
    // RFC 9112 2.2: a CR is only the first half of a line end.
    if (c != '\n') return malformed("has a carriage return within it", line_ + c);
    line_.pop_back();
    const std::error_code ec = parse_line(line_);
    line_.clear();
    ++line_number_;
    return ec;
  }
  const bool forbidden = c != '\r' && !http::is_field_char(c);
  if (forbidden && has_status_) return malformed(describe_char(c), line_ + c);
  line_.push_back(c);
  // Another protocol is recognized by its first bytes, since its line end may never arrive.
  if (!has_status_ && !begins_like(line_, version) && !begins_like(line_, older_version))
    return foreign(next);
  return forbidden ? malformed(describe_char(c), line_) : std::error_code{};
}

std::error_code http_head_parser::parse_line(std::string_view line) {
  if (!has_status_) return parse_status_line(line);
  if (line.starts_with(' ') || line.starts_with('\t')) return unfold(line);
  if (!line.empty()) return parse_field(line);
  end_head();
  return {};
}

// RFC 9110 15.2: any number of interim responses may precede the final one.
void http_head_parser::end_head() {
  const bool interim = head_.status < 200 && head_.status != 101;
  if (interim) head_ = {};
  has_status_ = !interim;
  done_ = !interim;
}

// RFC 9112 4: HTTP-version SP status-code SP [ reason-phrase ]. Both versions have the same length.
// Many servers omit the last space together with the reason phrase.
std::error_code http_head_parser::parse_status_line(std::string_view line) {
  const std::string_view behind = line.substr(std::min(version.size(), line.size()));
  const std::string_view code = behind.substr(0, status_digits);
  const std::string_view rest = behind.substr(code.size());
  const bool is_number =
      code.size() == status_digits && std::all_of(code.begin(), code.end(), http::is_digit);
  if (!is_number) return malformed("has no status of three digits", line);
  if (code.front() == '0') return malformed("has a status below 100", line);
  if (!rest.empty() && !rest.starts_with(' '))
    return malformed("has no space behind its status", line);
  for (const char digit : code) head_.status = head_.status * 10 + (digit - '0');
  if (!rest.empty()) head_.reason = rest.substr(1);
  head_.minor_version = line.starts_with(version) ? 1 : 0;
  has_status_ = true;
  return {};
}

// RFC 9112 5.2: a user agent replaces an obs-fold, including the optional whitespace around it, by
// a space. Without text on either side it is whitespace around the value, and ignored. A line
// directly after the status line can't be a continuation (2.2).
std::error_code http_head_parser::unfold(std::string_view line) {
  if (head_.headers.empty())
    return malformed("begins with whitespace, but follows no header that it could continue", line);
  std::string& value = head_.headers.back().value;
  const std::string_view more = http::trim_ows(line);
  if (!value.empty() && !more.empty()) value += ' ';
  value += more;
  return {};
}

// RFC 9112 5: field-name ":" OWS field-value OWS. Since the name must be a token, a space before
// the colon is refused, too (5.1).
std::error_code http_head_parser::parse_field(std::string_view line) {
  if (head_.headers.size() >= limits_.max_headers) {
    error_detail_ =
        "the response has more headers than max_headers, " + std::to_string(limits_.max_headers);
    return errc::too_many_headers;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("has no colon", line);
  const std::string_view name = line.substr(0, colon);
  if (name.empty()) return malformed("has no name before its colon", line);
  if (name.ends_with(' ') || name.ends_with('\t'))
    return malformed("has whitespace before its colon", line);
  const auto wrong = std::find_if_not(name.begin(), name.end(), http::is_token_char);
  if (wrong != name.end()) return malformed("has " + name_of(*wrong) + " in its name", line);
  const std::string_view value = http::trim_ows(line.substr(colon + 1));
  head_.headers.emplace_back(std::string(name), std::string(value));
  return {};
}

std::error_code http_head_parser::malformed(std::string_view fault, std::string_view line) {
  error_detail_ = "line " + std::to_string(line_number_) + " of the response ";
  const auto colon = has_status_ ? line.find(':') : std::string_view::npos;
  const bool field = colon != std::string_view::npos;
  const std::string shown =
      field
          ? '"' + display_field(line.substr(0, colon), http::trim_ows(line.substr(colon + 1))) + '"'
          : quote(line);
  error_detail_.append(fault).append(": ").append(shown);
  return errc::malformed_response;
}

// The first bytes of a status line are not HTTP. The bytes that arrived with them show what they
// are.
std::error_code http_head_parser::foreign(std::string_view next) {
  const std::string come = line_ + std::string(next.substr(0, max_shown));
  if (begins_like_tls(come)) {
    error_detail_ = "the server speaks TLS on this port: use wss";
    return errc::malformed_response;
  }
  const std::string_view line = first_line(come);
  if (line.starts_with(version.substr(0, version.size() - 1)))
    return malformed("has no space behind its version", line);
  if (!line.empty()) return malformed("is not HTTP/1.1", line);
  error_detail_ = "line " + std::to_string(line_number_) + " of the response is empty";
  return errc::malformed_response;
}

std::error_code http_head_parser::too_big() {
  error_detail_ = "the head of the response is longer than max_head_size, " +
                  std::to_string(limits_.max_size) + " bytes";
  return errc::response_head_too_big;
}

std::string http_head_parser::describe_end() const {
  const std::string ended = "the server ended the connection ";
  if (size_ == 0) return ended + "without a response";
  return ended + "within line " + std::to_string(line_number_) + " of its response";
}

}  // namespace wsx::protocol
