// expect of the compiler: no matching
#include <wsx/wsx.hpp>

void use(wsx::options);

void use() {
  use(wsx::options{.tls = {}});
}
