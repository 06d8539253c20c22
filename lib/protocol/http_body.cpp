#include "http_syntax.hpp"

#include <wsx/protocol/http_body.hpp>

#include <algorithm>
#include <charconv>

namespace wsx::protocol {

namespace {

// A size in hexadecimal, and extensions, which are ignored.
constexpr std::size_t max_chunk_line = 256;

bool has_no_body(int status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

// RFC 9112 6.1: chunked is the last coding, or absent.
bool is_chunked(const header_list& headers) {
  const auto* const codings = find_header(headers, "Transfer-Encoding");
  return codings != nullptr && http::list_has(*codings, "chunked");
}

bool read_number(std::string_view text, int base, std::size_t& number) noexcept {
  return std::from_chars(text.data(), text.data() + text.size(), number, base).ec == std::errc{};
}

}  // namespace

http_body_reader::http_body_reader(const http_head& head, std::size_t max_size)
    : max_size_(max_size) {
  const auto* const length = find_header(head.headers, "Content-Length");
  if (has_no_body(head.status)) {
    part_ = part::end;
  } else if (is_chunked(head.headers)) {
    part_ = part::chunk_size;
  } else if (length != nullptr && read_number(*length, 10, left_)) {
    part_ = left_ > 0 ? part::sized : part::end;
  }
}

void http_body_reader::feed(bytes_view input) {
  std::string_view left = as_chars(input);
  while (!left.empty() && !done()) {
    const bool in_line = part_ == part::chunk_size || part_ == part::chunk_end;
    left = in_line ? take_line(left) : take_data(left);
  }
}

std::string_view http_body_reader::take_data(std::string_view input) {
  const auto here = part_ == part::until_close ? input : input.substr(0, left_);
  body_.append(here.substr(0, max_size_ - body_.size()));
  if (part_ != part::until_close) {
    left_ -= here.size();
    if (left_ == 0) part_ = part_ == part::sized ? part::end : part::chunk_end;
  }
  if (body_.size() == max_size_) part_ = part::end;
  return input.substr(here.size());
}

std::string_view http_body_reader::take_line(std::string_view input) {
  const auto end = std::min(input.find('\n'), input.size());
  line_.append(input.substr(0, std::min(end, max_chunk_line + 1)));
  if (line_.size() > max_chunk_line) part_ = part::end;
  if (end == input.size()) return {};
  end_line();
  return input.substr(end + 1);
}

void http_body_reader::end_line() {
  if (part_ == part::chunk_end) {  // the empty line after a chunk's data
    part_ = part::chunk_size;
  } else if (part_ == part::chunk_size) {
    // The last chunk has no bytes. Trailers may follow it and are ignored.
    const bool more = read_number(line_, 16, left_) && left_ > 0;
    part_ = more ? part::chunk_data : part::end;
  }
  line_.clear();
}

}  // namespace wsx::protocol
