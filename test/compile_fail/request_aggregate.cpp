// expect of the compiler: no matching
#include <wsx/wsx.hpp>

void use(wsx::request);

void use() {
  use(wsx::request{.url = "ws://example.com/"});
}
