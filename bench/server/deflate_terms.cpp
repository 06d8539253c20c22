#include "deflate_terms.hpp"

#include <charconv>

namespace bench {

namespace {

constexpr std::string_view extension = "permessage-deflate";
constexpr std::string_view no_takeover = "server_no_context_takeover";
constexpr std::string_view no_client_takeover = "client_no_context_takeover";
constexpr std::string_view window = "server_max_window_bits=";

// The digits may be quoted. zlib's windows begin at 9, and a smaller one than asked for is allowed,
// a larger one is not: but no client asks for 8.
int number_at(std::string_view text) {
  if (text.starts_with('"')) text.remove_prefix(1);
  int number = 15;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::optional<deflate_terms> read_deflate_offer(std::string_view offers) {
  const auto begin = offers.find(extension);
  if (begin == offers.npos) return std::nullopt;
  const auto offer = offers.substr(begin, offers.find(',', begin) - begin);
  deflate_terms terms{
      .context_takeover = offer.find(no_takeover) == offer.npos,
      .client_context_takeover = offer.find(no_client_takeover) == offer.npos,
  };
  if (const auto at = offer.find(window); at != offer.npos)
    terms.window_bits = number_at(offer.substr(at + window.size()));
  return terms;
}

std::string deflate_response(const deflate_terms& terms) {
  std::string response(extension);
  if (!terms.context_takeover) response.append("; ").append(no_takeover);
  // Some clients insist on it.
  if (!terms.client_context_takeover) response.append("; ").append(no_client_takeover);
  if (terms.window_bits < 15)
    response.append("; ").append(window).append(std::to_string(terms.window_bits));
  return response;
}

}  // namespace bench
