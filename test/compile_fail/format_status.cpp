// expect: format_status must be const
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  std::string format_status() { return {}; }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
