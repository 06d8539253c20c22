// The program of somebody who uses wsx and its testing kit: check-install and check-subproject
// build and run it.
#include <wsx/testing/scripted_server.hpp>
#include <wsx/wsx.hpp>

struct handler {
  void handle_frame(wsx::text) {}
};

int main() {
  asio::io_context context;
  wsx::client<handler> client{context.get_executor()};
  return make_error_code(wsx::errc::queue_full).message().empty();
}
