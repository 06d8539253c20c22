#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsx::protocol {

/// An element of `Sec-WebSocket-Extensions`.
struct extension {
  struct parameter {
    std::string name;
    std::optional<std::string> value{};
  };

  std::string name;
  std::vector<parameter> parameters{};
};

/// Parses the field's value by the grammar of RFC 6455 9.1; returns nothing if it is malformed.
std::optional<std::vector<extension>> parse_extensions(std::string_view value);

}  // namespace wsx::protocol
