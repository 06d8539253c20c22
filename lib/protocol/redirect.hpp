#pragma once

#include <wsx/protocol/handshake.hpp>
#include <wsx/protocol/http_head.hpp>

#include <string>
#include <system_error>

// Redirects of the opening handshake, which RFC 6455 4.1 lets a client follow.
namespace wsx::protocol {

/// Returns whether the response names another URL for the same request. RFC 9110 15.4.
bool is_redirect(const http_head& response) noexcept;

/// Directs the request to the response's `Location`. What belongs to the old origin does not go to
/// another one: `Authorization`, `Cookie`, `Proxy-Authorization`, `Host`, and secret fields.
///
/// Errors: `errc::bad_redirect`; then `request` is unchanged, and `what` says why, as a phrase for
/// people.
std::error_code redirect(const http_head& response, upgrade_request& request, std::string& what);

}  // namespace wsx::protocol
