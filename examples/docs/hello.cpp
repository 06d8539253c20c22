// [hello]
#include <wsx/wsx.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include <exception>
#include <future>
#include <iostream>
#include <string>

struct printer {
  wsx::action handle_frame(wsx::text message) {  // a view of the read buffer: no copy
    std::cout << "received: " << message.payload << '\n';
    return wsx::close();  // or wsx::ok(), to go on
  }
};

asio::awaitable<void> talk(std::string url) {
  const auto executor = co_await asio::this_coro::executor;
  wsx::client<printer> client(executor);
  co_await client.connect(url);   // by wss:// too, with the certificate verified
  co_await client.send("hello");  // as text; waits only while the queue is full
  co_await client.join();         // until the end; throws unless that was normal
}

int main(int argc, char** argv) {
  asio::io_context context;
  auto done =
      asio::co_spawn(context, talk(argc > 1 ? argv[1] : "ws://localhost:8080/"), asio::use_future);
  context.run();
  try {
    done.get();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
// [hello]
