// Any program with a client.
#include <wsx/wsx.hpp>

#include <asio/io_context.hpp>

struct handler {
  void handle_frame(wsx::text) {}
};

int main() {
  asio::io_context context;
  wsx::client<handler> client(context.get_executor());
}
