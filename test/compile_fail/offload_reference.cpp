// expect: a client owns its offloaded handler
#include <wsx/wsx.hpp>

struct handler {
  void handle_frame(wsx::text) {}
};

void use(asio::any_io_executor executor, wsx::offloaded<handler>& mine) {
  wsx::client<std::reference_wrapper<wsx::offloaded<handler>>> client{executor, std::ref(mine)};
}
