// expect: with handle_fragment messages are not assembled
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  void handle_fragment(wsx::fragment) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
