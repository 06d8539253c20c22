// The fragments of README.md; scripts/check-docs compares them.
#include <wsx/wsx.hpp>

#include <iostream>
#include <string>
#include <utility>

// [feed]
struct feed {
  wsx::action handle_connect(const wsx::connection_info&) {
    return wsx::reply(wsx::text{R"({"subscribe":"BTC-USD"})"});  // on every connection
  }
  wsx::action handle_frame(wsx::text message);
};
// [feed]

wsx::action feed::handle_frame(wsx::text) {
  return wsx::ok();
}

void deflate(asio::any_io_executor executor) {
  // [deflate]
  wsx::options options;
  options.deflate = wsx::deflate_options();  // offered; the server decides
  wsx::client<feed> client(executor, feed(), options);
  // [deflate]
}

void reconnect(asio::any_io_executor executor) {
  // [reconnecting]
  wsx::options options;
  options.reconnect = wsx::reconnect_options();  // growing delays, drawn at random
  wsx::client<feed> client(executor, feed(), options);
  // [reconnecting]
}

asio::awaitable<void> errors(wsx::client<feed>& client, std::string url) {
  // [errors]
  try {
    co_await client.connect(url);
  } catch (const wsx::system_error& error) {
    std::cerr << error.what() << '\n';
    if (error.code() == wsx::condition::tls_failed) std::cerr << "is the CA known here?\n";
    if (error.code() == wsx::condition::transient) std::cerr << "try again later\n";
  }
  // [errors]
}

struct decides : feed {
  wsx::backoff delay;

  // [decision]
  auto handle_disconnect(const wsx::disconnect& d) {
    if (d.local() || d.reason.error == wsx::condition::permanent) return wsx::stop();
    return wsx::reconnect_after(delay(d));
  }
  // [decision]
};

asio::awaitable<void> request(wsx::client<feed>& client, std::string token) {
  // [request]
  co_await client.connect(
      wsx::request("wss://example.com/feed").header("Authorization", token).subprotocol("v2"));
  // [request]
}
