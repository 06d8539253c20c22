#include "international_name.hpp"

#include "display.hpp"

#if defined(WSX_HAS_IDN2)
#include <idn2.h>
#include <memory>
#endif

namespace wsx::protocol {

#if defined(WSX_HAS_IDN2)

// Browsers convert by UTS #46, without its transitional rules.
std::string to_ascii_name(std::string_view name, std::string& what) {
  const std::string terminated(name);
  char* converted = nullptr;
  const int result =
      idn2_to_ascii_8z(terminated.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, decltype(&idn2_free)> owner(converted, &idn2_free);
  if (result == IDN2_OK && converted != nullptr && *converted != '\0') return converted;
  what = "the host " + quote(name) + " is not a name: " + escape(idn2_strerror(result));
  return {};
}

#else

std::string to_ascii_name(std::string_view name, std::string& what) {
  what =
      "the host " + quote(name) +
      " is not ASCII, and this build of wsx has no libidn2: write its A-label, which begins with "
      "xn--";
  return {};
}

#endif

}  // namespace wsx::protocol
