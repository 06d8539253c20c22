#pragma once

#include <wsx/config.hpp>

#include <cstddef>

namespace wsx {

/// How messages are compressed with permessage-deflate, RFC 7692, if the server agrees. The
/// defaults are good for many small messages that are like each other.
///
/// Compression has a cost in secrets, too: whoever can have text of theirs sent beside a secret,
/// in one message or (with context takeover) in messages after each other, and sees how long the
/// frames are, can guess the secret byte by byte. `uncompressed` keeps a message out of it.
struct deflate_options {
  int level = 6;         ///< 0 (none) to 9 (smallest), as zlib's
  int memory_level = 8;  ///< 1 (least) to 9 (fastest), as zlib's

  /// How far back either side may refer when it compresses: 2 to this power bytes, 8 to 15. The
  /// server's is what this side needs memory for, to inflate. RFC 7692 7.1.2. Zlib cannot compress
  /// for 8, so there are servers that fail when asked for it: 9 is safer.
  int server_max_window_bits = 15;
  int client_max_window_bits = 15;

  /// Each message by itself, which takes more bytes on the wire, and no memory between messages.
  /// RFC 7692 7.1.1. The server may ask the same of the client, unasked.
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;

  /// Whether the two limits of the server, `server_max_window_bits` and
  /// `server_no_context_takeover`, are a condition. Many servers agree to compress, but not to
  /// these. By default they are asked for, and the extension without them is offered as the second
  /// choice (RFC 7692 5.1): `connection_info::deflate` says what came of it. If this is set there
  /// is no second choice, and a server that agrees without confirming them makes `connect` fail
  /// with `errc::bad_extensions_header`.
  bool require_server_limits = false;

  /// Payloads under this many bytes go uncompressed. A message that is sent in fragments is
  /// compressed whatever its size.
  std::size_t threshold = 64;

  /// Gives the compressor's memory (up to 268 KB) back when nothing has been sent for a ping
  /// interval; what is sent then cannot refer to what went before. What the server's compressor
  /// may refer to is kept always.
  bool release_when_idle = false;

  friend bool operator==(const deflate_options&, const deflate_options&) = default;
};

/// What both sides have agreed on about compression. RFC 7692 7.1.
struct deflate_parameters {
  bool server_no_context_takeover = false;  ///< the server compresses each message by itself
  bool client_no_context_takeover = false;  ///< this side does
  int server_max_window_bits = 15;  ///< how far back the server refers: 2 to this power bytes
  int client_max_window_bits = 15;  ///< the same of this side

  friend bool operator==(const deflate_parameters&, const deflate_parameters&) = default;
};

}  // namespace wsx
