#pragma once

#include <string>
#include <string_view>

namespace wsx::protocol {

/// Converts a host name to A-labels: "bücher.example" to "xn--bcher-kva.example". RFC 5891,
/// UTS #46. Returns an empty text if it can't be converted; `what` is then set to a phrase for
/// people. Without libidn2 no name can.
std::string to_ascii_name(std::string_view name, std::string& what);

}  // namespace wsx::protocol
