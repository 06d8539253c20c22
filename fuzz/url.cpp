#include "input.hpp"

#include <wsx/protocol/handshake.hpp>
#include <wsx/url.hpp>

#include <algorithm>

// A URL that is taken makes a request of which nothing can break out; what is said of one that is
// refused is bounded, and has no control characters.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  wsx::protocol::upgrade_request request;
  std::string what;
  if (wsx::parse_url(in.rest(), request.to, what)) {
    fuzz::require(!what.empty());
    fuzz::require_displayable(what);
    return 0;
  }
  fuzz::require(request.to.port != 0);
  fuzz::require(!wsx::protocol::check_request(request, what));
  const auto head = wsx::protocol::format_request(request, "dGhlIHNhbXBsZSBub25jZQ==");
  // The request line, six fields, and the empty line.
  fuzz::require(std::ranges::count(head, '\n') == 8 && std::ranges::count(head, '\r') == 8);
  // What has been understood once is understood again.
  wsx::url again;
  fuzz::require(!wsx::parse_url(request.to.without_user_info(), again));
  fuzz::require(again.user_info.empty());
  fuzz::require(again.host == request.to.host && again.port == request.to.port);
  fuzz::require(again.socket_path == request.to.socket_path);
  fuzz::require(again.target == request.to.target);
  return 0;
}
