#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/http_head.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace wsx::protocol {

/// Reads the beginning of a response's body, for people: the explanation of a server that refuses a
/// handshake. The body ends at once, after `Content-Length` bytes, with the last chunk, or with the
/// connection (RFC 9112 6.3). Never fails: malformed data just ends it.
class http_body_reader {
 public:
  /// Keeps at most `max_size` bytes.
  WSX_API http_body_reader(const http_head& head, std::size_t max_size);

  /// Takes the next bytes.
  WSX_API void feed(bytes_view input);

  /// Returns whether there is nothing more to wait for.
  bool done() const noexcept { return part_ == part::end; }

  /// Returns whether only the end of the connection ends the body: there is no length.
  bool ends_with_connection() const noexcept { return part_ == part::until_close; }

  std::string&& take() noexcept { return std::move(body_); }

 private:
  // What comes next; for chunks see RFC 9112 7.1.
  enum class part { until_close, sized, chunk_size, chunk_data, chunk_end, end };

  std::string_view take_data(std::string_view input);
  std::string_view take_line(std::string_view input);
  void end_line();

  part part_ = part::until_close;
  std::size_t max_size_;
  std::size_t left_ = 0;  // bytes left of the body, or of the chunk
  std::string line_;      // the line of a chunk that is being collected
  std::string body_;
};

}  // namespace wsx::protocol
