// expect only: wsx needs exceptions
// flags: -fno-exceptions
#include <wsx/wsx.hpp>

struct handler {
  void handle_frame(wsx::text) {}
};

template class wsx::basic_client<handler>;
