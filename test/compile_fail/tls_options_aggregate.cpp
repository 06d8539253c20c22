// expect of the compiler: no matching
#include <wsx/wsx.hpp>

void use(wsx::tls_options);

void use() {
  use(wsx::tls_options{.ca_file = "ca.pem"});
}
