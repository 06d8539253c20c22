// expect: handle_info must take a message by value, const& or &&
#include <wsx/client.hpp>

struct order {};

struct handler {
  void handle_frame(wsx::text) {}
  void handle_info(order&) {}
};

template class wsx::basic_client<handler>;
