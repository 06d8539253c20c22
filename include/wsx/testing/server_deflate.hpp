#pragma once

#include <wsx/config.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace wsx::testing {

/// A server's half of permessage-deflate (RFC 7692), which uses only zlib. Both ends keep their
/// window between messages until `reset`.

/// Compresses what the server sends.
class server_deflater {
 public:
  /// `window_bits` is 9 to 15, the range of zlib.
  explicit server_deflater(int window_bits = 15, int level = 6);
  ~server_deflater();
  server_deflater(server_deflater&&) noexcept;
  server_deflater& operator=(server_deflater&&) noexcept;

  /// Compresses a whole message: the payload of a frame with RSV1, or of several frames together.
  /// RFC 7692 7.2.1.
  std::string message(std::string_view payload);

  /// Compresses and flushes a part of a message; also with a final block (7.2.3.4).
  std::string part(std::string_view payload);
  std::string final_block(std::string_view payload);

  /// The next message will not refer to earlier ones.
  void reset();

 private:
  std::string run(std::string_view payload, int flush);

  struct stream;
  std::unique_ptr<stream> stream_;
};

/// Inflates what the client sent.
class server_inflater {
 public:
  /// Refuses data that refers back further than `window_bits` allow, 8 to 15.
  explicit server_inflater(int window_bits = 15);
  ~server_inflater();
  server_inflater(server_inflater&&) noexcept;
  server_inflater& operator=(server_inflater&&) noexcept;

  /// Inflates a whole message from the payloads of its frames. Throws `script_error` if it is
  /// corrupt.
  std::string message(std::string_view payload);

  void reset();

 private:
  struct stream;
  std::unique_ptr<stream> stream_;
};

}  // namespace wsx::testing
