// expect only: wsx needs C++20
// flags: -std=c++17
#include <wsx/wsx.hpp>

struct handler {
  void handle_frame(wsx::text) {}
};

template class wsx::basic_client<handler>;
