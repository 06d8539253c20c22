#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/http_head.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace wsx::protocol {

/// The beginning of a response's body, for people to read: what a server says that refuses a
/// handshake. Knows where a body ends (RFC 9112 6.3): at once, after `Content-Length` bytes, with
/// the last chunk, or with the connection. Never fails: what is malformed just ends it.
class http_body_reader {
 public:
  /// Keeps at most `max_size` bytes.
  WSX_API http_body_reader(const http_head& head, std::size_t max_size);

  /// Takes what came next.
  WSX_API void feed(bytes_view input);

  /// Whether there is nothing more to wait for.
  bool done() const noexcept { return part_ == part::end; }

  /// Whether nothing but the end of the connection ends the body: its sender gave no length.
  bool ends_with_connection() const noexcept { return part_ == part::until_close; }

  std::string&& take() noexcept { return std::move(body_); }

 private:
  // What comes next. RFC 9112 7.1 for those of chunks.
  enum class part { until_close, sized, chunk_size, chunk_data, chunk_end, end };

  std::string_view take_data(std::string_view input);
  std::string_view take_line(std::string_view input);
  void end_line();

  part part_ = part::until_close;
  std::size_t max_size_;
  std::size_t left_ = 0;  // bytes of the body, or of the chunk
  std::string line_;      // the chunk's line being collected
  std::string body_;
};

}  // namespace wsx::protocol
