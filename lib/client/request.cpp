#include "../protocol/credentials.hpp"
#include "../protocol/http_syntax.hpp"

#include <wsx/error.hpp>
#include <wsx/request.hpp>
#include <wsx/system_error.hpp>

#include <string_view>
#include <utility>

namespace wsx {

namespace {

constexpr std::string_view authorization_name = "Authorization";

void set_field(header_list& headers, std::string_view name, std::string value) {
  std::erase_if(headers,
                [&](const header& field) { return protocol::http::iequals(field.name, name); });
  headers.emplace_back(std::string(name), std::move(value));
}

}  // namespace

request& request::header(std::string name, std::string value) & {
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

request& request::secret_header(std::string name, std::string value) & {
  constexpr bool secret = true;
  headers.emplace_back(std::move(name), std::move(value), secret);
  return *this;
}

request& request::basic_auth(std::string_view name, std::string_view password) & {
  const bool allowed = protocol::is_credential(name) && protocol::is_credential(password) &&
                       name.find(':') == std::string_view::npos;
  if (!allowed) throw system_error(errc::invalid_header);
  set_field(headers, authorization_name,
            protocol::basic_credentials(std::string(name).append(":").append(password)));
  return *this;
}

request& request::bearer_token(std::string_view token) & {
  set_field(headers, authorization_name, std::string("Bearer ").append(token));
  return *this;
}

request& request::origin(std::string value) & {
  set_field(headers, "Origin", std::move(value));
  return *this;
}

request& request::subprotocol(std::string name) & {
  subprotocols.push_back(std::move(name));
  return *this;
}

}  // namespace wsx
