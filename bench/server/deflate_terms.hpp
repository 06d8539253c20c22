#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace bench {

/// How the server compresses, and what it confirms about the client. RFC 7692 7.1.
struct deflate_terms {
  bool context_takeover = true;
  int window_bits = 15;
  bool client_context_takeover = true;

  auto operator<=>(const deflate_terms&) const = default;
};

/// The terms of the first permessage-deflate in a client's `Sec-WebSocket-Extensions`, as the
/// client wants them; nothing if there is none.
std::optional<deflate_terms> read_deflate_offer(std::string_view offers);

/// The `Sec-WebSocket-Extensions` that agrees to them.
std::string deflate_response(const deflate_terms& terms);

}  // namespace bench
