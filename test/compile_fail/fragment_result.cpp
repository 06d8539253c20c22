// expect: handle_fragment must return
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  std::string handle_fragment(wsx::fragment) { return {}; }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
