// expect: the handler has no handle_cast for a message of this type
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  void handle_cast(std::string) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
  client.cast(42);
}
