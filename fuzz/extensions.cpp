#include "input.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/deflate_offer.hpp>

// What a server grants of permessage-deflate is what was asked for, or is refused with a word that
// can be displayed.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const auto flags = in.byte();
  const wsx::deflate_options offered{.server_max_window_bits = 8 + flags % 8,
                                     .client_max_window_bits = 8 + flags / 8 % 8,
                                     .server_no_context_takeover = (flags & 64) != 0,
                                     .client_no_context_takeover = (flags & 128) != 0};
  std::optional<wsx::protocol::deflate_agreement> granted;
  std::string what;
  const auto error = wsx::protocol::check_extensions(in.rest(), offered, granted, what);
  for (const char c : what) fuzz::require(c >= ' ' && c <= '~');
  if (error) {
    fuzz::require(error == wsx::errc::bad_extensions_header && !what.empty());
  } else if (granted) {
    const auto& g = *granted;
    fuzz::require(g.server_max_window_bits >= 8 && g.client_max_window_bits >= 8);
    fuzz::require(g.server_max_window_bits <= offered.server_max_window_bits);
    fuzz::require(g.client_max_window_bits <= offered.client_max_window_bits);
    fuzz::require(g.server_no_context_takeover || !offered.server_no_context_takeover);
    fuzz::require(g.client_no_context_takeover || !offered.client_no_context_takeover);
  }
  return 0;
}
