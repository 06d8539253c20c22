// Boost.Beast as its examples of coroutines have it: beast::tcp_stream and beast::ssl_stream, the
// suggested timeouts, a coroutine for each connection that awaits async_read or async_write for
// each message, one thread. Messages are written as one frame; nothing else is tuned. Needs g++:
// clang 16 finds an overload of beast::ssl_stream in Boost 1.81 ambiguous.

#include "../clients/ticker.hpp"
#include "beast.hpp"
#include "messages.hpp"
#include "program.hpp"
#include "tally.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

namespace {

using namespace bench;
using asio::awaitable;
using asio::use_awaitable;

using tls_layer = beast::ssl_stream<beast::tcp_stream>;

// For coroutines: any failure ends the program.
void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

template <class Next>
class client {
 public:
  explicit client(const plan& p) : plan_(p), tls_(p), tally_(p, beast_version()) {}

  void run() {
    asio::co_spawn(io_, start(), rethrow);
    io_.run();
  }

 private:
  using stream = websocket::stream<Next>;
  using stream_ptr = std::shared_ptr<stream>;

  awaitable<void> start() {
    if (plan_.scenario == "idle")
      co_await idle();
    else if (plan_.scenario == "connect")
      connect();
    else
      co_await move_messages();
  }

  awaitable<void> move_messages() {
    std::vector<stream_ptr> all;
    while (all.size() < plan_.connections) all.push_back(co_await opened());
    tally_.start();
    for (const stream_ptr& ws : all) asio::co_spawn(io_, work(ws), rethrow);
  }

  awaitable<void> work(stream_ptr ws) {
    if (plan_.scenario == "send") return send(ws);
    if (plan_.scenario == "echo") return echo(ws);
    if (plan_.scenario == "lateness") ticks_.emplace(io_.get_executor(), tally_.times());
    return receive(ws);
  }

  awaitable<void> receive(stream_ptr ws) {
    for (beast::flat_buffer message;; message.clear()) {
      co_await ws->async_read(message, use_awaitable);
      tally_.count();
      work_for(plan_.work);
    }
  }

  awaitable<void> send(stream_ptr ws) {
    for (messages all(plan_);;) {
      co_await ws->async_write(asio::buffer(all.next()), use_awaitable);
      tally_.count();
    }
  }

  awaitable<void> echo(stream_ptr ws) {
    messages all(plan_);
    flight asked(plan_.in_flight, tally_.times());
    for (std::size_t i = 0; i < plan_.in_flight; ++i) {
      asked.sent();
      co_await ws->async_write(asio::buffer(all.next()), use_awaitable);
    }
    for (beast::flat_buffer answer;; answer.clear()) {
      co_await ws->async_read(answer, use_awaitable);
      asked.answered();
      tally_.count();
      asked.sent();
      co_await ws->async_write(asio::buffer(all.next()), use_awaitable);
    }
  }

  awaitable<void> idle() {
    std::vector<stream_ptr> all;
    while (all.size() < plan_.connections) {
      all.push_back(co_await opened());
      asio::co_spawn(io_, receive(all.back()), rethrow);
    }
    asio::steady_timer timer(io_, std::chrono::milliseconds(200));
    co_await timer.async_wait(use_awaitable);
    tally_.all_idle();
  }

  void connect() {
    tally_.start_connecting();
    for (std::size_t i = 0; i < plan_.in_flight; ++i) asio::co_spawn(io_, connect_again(), rethrow);
  }

  awaitable<void> connect_again() {
    while (started_ < plan_.connections) {
      ++started_;
      co_await opened();
      tally_.count_connection();
    }
  }

  stream_ptr make() {
    if constexpr (std::is_same_v<Next, tls_layer>)
      return std::make_shared<stream>(io_, tls_.get());
    else
      return std::make_shared<stream>(io_);
  }

  awaitable<stream_ptr> opened() {
    const stream_ptr ws = make();
    auto& tcp_layer = beast::get_lowest_layer(*ws);
    tcp_layer.expires_after(std::chrono::seconds(30));
    co_await tcp_layer.async_connect(server(plan_), use_awaitable);
    tcp_layer.socket().set_option(tcp::no_delay(true));
    if constexpr (std::is_same_v<Next, tls_layer>) {
      tls_.before_handshake(ws->next_layer().native_handle());
      co_await ws->next_layer().async_handshake(asio::ssl::stream_base::client, use_awaitable);
    }
    tcp_layer.expires_never();  // the WebSocket has a timeout of its own
    co_await shake_hands(*ws);
    co_return ws;
  }

  awaitable<void> shake_hands(stream& ws) {
    const auto timeouts = websocket::stream_base::timeout::suggested(beast::role_type::client);
    ws.set_option(timeouts);
    configure(ws, plan_);
    co_await ws.async_handshake(host, path_of(plan_), use_awaitable);
    if constexpr (std::is_same_v<Next, tls_layer>) tls_.when_open(ws.next_layer().native_handle());
  }

  const plan plan_;
  asio::io_context io_{1};
  tls_context tls_;
  tally tally_;
  std::optional<ticker<asio::steady_timer>> ticks_;
  std::size_t started_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const plan p = parse(argc, argv);
  if (!p.tls())
    client<beast::tcp_stream>(p).run();
  else
    client<tls_layer>(p).run();
}
