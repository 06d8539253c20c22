// expect: handle_fragment must take
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_fragment(wsx::text) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
