#include "public_suffix.hpp"

#if defined(WSX_HAS_PSL)
#include <libpsl.h>
#endif

namespace wsx::protocol {

#if defined(WSX_HAS_PSL)

bool is_public_suffix(const std::string& domain) {
  const psl_ctx_t* const list = psl_builtin();
  if (list == nullptr) return domain.find('.') == std::string::npos;
  return psl_is_public_suffix(list, domain.c_str()) == 1;
}

#else

bool is_public_suffix(const std::string& domain) {
  return domain.find('.') == std::string::npos;
}

#endif

}  // namespace wsx::protocol
