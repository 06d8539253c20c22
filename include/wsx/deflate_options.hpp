#pragma once

#include <wsx/config.hpp>

#include <cstddef>

namespace wsx {

/// How messages are compressed with permessage-deflate (RFC 7692) if the server agrees. The
/// defaults suit many small messages that resemble each other.
///
/// Compression can leak secrets. An attacker may be able to place text beside a secret, in one
/// message or, with context takeover, in successive ones. Anyone who can also observe the lengths
/// of the frames can then guess the secret byte by byte. `uncompressed` exempts a message.
struct deflate_options {
  int level = 6;         ///< 0 (none) to 9 (smallest), as for zlib
  int memory_level = 8;  ///< 1 (least) to 9 (fastest), as for zlib

  /// How far back each side may refer when it compresses: 2 to this power bytes, 8 to 15. The
  /// server's value decides how much memory inflating takes on this side. RFC 7692 7.1.2. zlib
  /// cannot compress with 8, and some servers fail when asked for it: 9 is safer.
  int server_max_window_bits = 15;
  int client_max_window_bits = 15;

  /// Whether each message is compressed on its own. That costs bytes on the wire, but no memory
  /// between messages. RFC 7692 7.1.1. The server may impose it on the client without being asked.
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;

  /// Whether the two limits on the server, `server_max_window_bits` and
  /// `server_no_context_takeover`, are mandatory. Many servers agree to compress, but not to these
  /// limits.
  ///
  /// By default, the extension without the limits is offered as the second choice (RFC 7692 5.1);
  /// `connection_info::deflate` has the result. If this is set, there is no second choice. A server
  /// that agrees without confirming the limits then makes `connect` fail with
  /// `errc::bad_extensions_header`.
  bool require_server_limits = false;

  /// Payloads smaller than this many bytes are not compressed. A message sent in fragments is
  /// compressed regardless of its size.
  std::size_t threshold = 64;

  /// Frees the compressor's memory (up to 268 KB) after a ping interval in which nothing was sent.
  /// Messages sent later then cannot refer to earlier ones. The data that the server's compressor
  /// may refer to is always kept.
  bool release_when_idle = false;

  friend bool operator==(const deflate_options&, const deflate_options&) = default;
};

/// The compression parameters that both sides agreed on. RFC 7692 7.1.
struct deflate_parameters {
  bool server_no_context_takeover = false;  ///< the server compresses each message on its own
  bool client_no_context_takeover = false;  ///< the client does
  int server_max_window_bits = 15;  ///< how far back the server refers: 2 to this power bytes
  int client_max_window_bits = 15;  ///< how far back the client refers

  friend bool operator==(const deflate_parameters&, const deflate_parameters&) = default;
};

}  // namespace wsx
