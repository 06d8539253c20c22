// expect only: wsx needs type information at run time
// flags: -fno-rtti
#include <wsx/wsx.hpp>

struct handler {
  void handle_frame(wsx::text) {}
};

template class wsx::basic_client<handler>;
