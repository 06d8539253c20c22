// expect: handle_cast must take a message by value, const& or &&
#include <wsx/client.hpp>

struct handler {
  void handle_frame(wsx::text) {}
  void handle_cast() {}
};

template class wsx::basic_client<handler>;
