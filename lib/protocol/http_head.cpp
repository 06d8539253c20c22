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

}  // namespace

// How the input is split can't matter: of text that is fit for any line, all there is is taken at
// once, everything else byte by byte.
std::size_t http_head_parser::feed(bytes_view input, std::error_code& ec) {
  std::string_view left = as_chars(input);
  while (!left.empty() && !done_ && !error_) {
    const std::string_view text = plain_text(left);
    if (text.empty()) error_ = take_char(left.front());
    line_ += text;
    const std::size_t taken = std::max<std::size_t>(text.size(), 1);
    left.remove_prefix(taken);
    size_ += taken;
    if (!done_ && !error_ && size_ >= limits_.max_size) error_ = errc::response_head_too_big;
  }
  ec = error_;
  return input.size() - left.size();
}

// The first bytes must be looked at one by one, and so must what follows a CR.
std::string_view http_head_parser::plain_text(std::string_view left) const noexcept {
  const bool known = has_status_ || line_.size() >= version.size();
  if (!known || line_.ends_with('\r')) return {};
  left = left.substr(0, limits_.max_size - size_);
  const auto* const end =
      std::find_if_not(left.begin(), left.end(), [](char c) { return http::is_field_char(c); });
  return left.substr(0, static_cast<std::size_t>(end - left.begin()));
}

std::error_code http_head_parser::take_char(char c) {
  if (line_.ends_with('\r')) {
    // RFC 9112 2.2: a CR is only the first half of a line end.
    if (c != '\n') return errc::malformed_response;
    line_.pop_back();
    const std::error_code ec = parse_line(line_);
    line_.clear();
    return ec;
  }
  if (c != '\r' && !http::is_field_char(c)) return errc::malformed_response;
  line_.push_back(c);
  // Another protocol shows in its first bytes: do not wait for a line end that may never come.
  const bool foreign =
      !has_status_ && !begins_like(line_, version) && !begins_like(line_, older_version);
  return foreign ? make_error_code(errc::malformed_response) : std::error_code{};
}

std::error_code http_head_parser::parse_line(std::string_view line) {
  if (!has_status_) return parse_status_line(line);
  if (line.starts_with(' ') || line.starts_with('\t')) return unfold(line);
  if (!line.empty()) return parse_field(line);
  end_head();
  return {};
}

// RFC 9110 15.2: any number of interim responses may come before the one that counts.
void http_head_parser::end_head() {
  const bool interim = head_.status < 200 && head_.status != 101;
  if (interim) head_ = {};
  has_status_ = !interim;
  done_ = !interim;
}

// RFC 9112 4: HTTP-version SP status-code SP [ reason-phrase ]. Both versions are as long. Many
// servers leave the last space out along with the reason phrase.
std::error_code http_head_parser::parse_status_line(std::string_view line) {
  if (line.size() < version.size() + status_digits) return errc::malformed_response;
  const std::string_view code = line.substr(version.size(), status_digits);
  const std::string_view rest = line.substr(version.size() + status_digits);
  const bool is_number = std::all_of(code.begin(), code.end(), http::is_digit);
  const bool separated = rest.empty() || rest.starts_with(' ');
  if (!is_number || code.front() == '0' || !separated) return errc::malformed_response;
  for (const char digit : code) head_.status = head_.status * 10 + (digit - '0');
  if (!rest.empty()) head_.reason = rest.substr(1);
  head_.minor_version = line.starts_with(version) ? 1 : 0;
  has_status_ = true;
  return {};
}

// RFC 9112 5.2: a user agent replaces an obs-fold, with the optional whitespace around it, by a
// space. Without text on either side it is whitespace around the value, which does not count. There
// is nothing that a line right behind the status line could continue (2.2).
std::error_code http_head_parser::unfold(std::string_view line) {
  if (head_.headers.empty()) return errc::malformed_response;
  std::string& value = head_.headers.back().value;
  const std::string_view more = http::trim_ows(line);
  if (!value.empty() && !more.empty()) value += ' ';
  value += more;
  return {};
}

// RFC 9112 5: field-name ":" OWS field-value OWS. That the name must be a token also refuses a
// space before the colon (5.1).
std::error_code http_head_parser::parse_field(std::string_view line) {
  if (head_.headers.size() >= limits_.max_headers) return errc::too_many_headers;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return errc::malformed_response;
  const std::string_view name = line.substr(0, colon);
  if (!http::is_token(name)) return errc::malformed_response;
  const std::string_view value = http::trim_ows(line.substr(colon + 1));
  head_.headers.push_back({std::string(name), std::string(value)});
  return {};
}

}  // namespace wsx::protocol
