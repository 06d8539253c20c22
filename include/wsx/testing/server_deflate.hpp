#pragma once

#include <wsx/config.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace wsx::testing {

/// A server's half of permessage-deflate, RFC 7692, made with zlib alone. Both ends keep their
/// window from message to message unless told to `reset` it.

/// Compresses what the server sends.
class server_deflater {
 public:
  /// `window_bits`: 9 to 15, as zlib can do.
  explicit server_deflater(int window_bits = 15, int level = 6);
  ~server_deflater();
  server_deflater(server_deflater&&) noexcept;
  server_deflater& operator=(server_deflater&&) noexcept;

  /// A whole message: the payload of a frame with RSV1, or of several together. RFC 7692 7.2.1.
  std::string message(std::string_view payload);

  /// What goes before the rest of a message, flushed; and with a final block (7.2.3.4).
  std::string part(std::string_view payload);
  std::string final_block(std::string_view payload);

  /// The next message refers to none before it.
  void reset();

 private:
  std::string run(std::string_view payload, int flush);

  struct stream;
  std::unique_ptr<stream> stream_;
};

/// Inflates what the client sent.
class server_inflater {
 public:
  /// Refuses what refers back further than `window_bits`, 8 to 15, allow.
  explicit server_inflater(int window_bits = 15);
  ~server_inflater();
  server_inflater(server_inflater&&) noexcept;
  server_inflater& operator=(server_inflater&&) noexcept;

  /// A whole message, from the payloads of its frames. Throws `script_error` if it is corrupt.
  std::string message(std::string_view payload);

  void reset();

 private:
  struct stream;
  std::unique_ptr<stream> stream_;
};

}  // namespace wsx::testing
