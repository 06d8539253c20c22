// expect: handle_info must take a message by value, const& or &&
#include <wsx/client.hpp>

struct order {};

struct handler {
  void handle_frame(wsx::text) {}
  void handle_info(int) {}
  void handle_info(order&) {}
};

void post(wsx::client<handler>& client) {
  client.post(order());
}
