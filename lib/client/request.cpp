#include <wsx/request.hpp>

#include <utility>

namespace wsx {

request& request::header(std::string name, std::string value) & {
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

request& request::subprotocol(std::string name) & {
  subprotocols.push_back(std::move(name));
  return *this;
}

}  // namespace wsx
