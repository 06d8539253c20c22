#include "input.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/deflate_offer.hpp>

// What a server grants of permessage-deflate is what was asked for, or is refused with a phrase
// that can be displayed. Limits of the server that are not required are granted or not; everything
// else is the same as if they were.

namespace {

using wsx::deflate_options;

struct outcome {
  std::error_code error{};
  std::optional<wsx::protocol::deflate_agreement> granted{};
};

outcome judge(std::string_view response, const deflate_options& offered) {
  outcome result;
  std::string what;
  result.error = wsx::protocol::check_extensions(response, offered, result.granted, what);
  fuzz::require_displayable(what);
  if (result.error)
    fuzz::require(result.error == wsx::errc::bad_extensions_header && !what.empty());
  return result;
}

bool within_limits(const wsx::protocol::deflate_agreement& g, const deflate_options& offered) {
  return g.server_max_window_bits <= offered.server_max_window_bits &&
         (g.server_no_context_takeover || !offered.server_no_context_takeover);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const auto flags = in.byte();
  deflate_options offered{.server_max_window_bits = 8 + flags % 8,
                          .client_max_window_bits = 8 + flags / 8 % 8,
                          .server_no_context_takeover = (flags & 64) != 0,
                          .client_no_context_takeover = (flags & 128) != 0};
  const auto response = in.rest();
  const auto preferred = judge(response, offered);
  offered.require_server_limits = true;
  const auto required = judge(response, offered);

  if (preferred.granted && !preferred.error) {
    const auto& g = *preferred.granted;
    fuzz::require(g.server_max_window_bits >= 8 && g.client_max_window_bits >= 8);
    fuzz::require(g.server_max_window_bits <= 15);
    fuzz::require(g.client_max_window_bits <= offered.client_max_window_bits);
    fuzz::require(g.client_no_context_takeover || !offered.client_no_context_takeover);
    fuzz::require(within_limits(g, offered) == !required.error);
  }
  if (preferred.error) fuzz::require(required.error == preferred.error);
  if (!required.error) fuzz::require(required.granted == preferred.granted);
  return 0;
}
