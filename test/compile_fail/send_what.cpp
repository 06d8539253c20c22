// expect: what is sent must be a wsx::text, binary, message, ping, pong, fragment or uncompressed,
// or a string, which is sent as text
#include <wsx/wsx.hpp>

struct handler {
  void handle_frame(wsx::text) {}
};

void use(wsx::client<handler>& client) {
  client.try_send(42);
}
