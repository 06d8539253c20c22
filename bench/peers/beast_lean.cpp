// Boost.Beast at its leanest: blocking calls, which cost no trip through an event loop for each
// message, on one connection. By itself Beast reads at most 1,536 bytes at a time, so between the
// WebSocket and the socket lies beast::buffered_read_stream: that halves the CPU time of a message
// of 125 bytes, and takes a third of it at 1 KiB. From 16 KiB on it gains nothing, and is left out.
// Messages are masked and written up to 256 KiB at a time, not 4 KiB.

#include "beast.hpp"
#include "messages.hpp"
#include "program.hpp"
#include "tally.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/buffered_read_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <chrono>
#include <memory>
#include <type_traits>
#include <vector>

namespace {

using namespace bench;

template <class Next>
struct buffered : beast::buffered_read_stream<Next, beast::flat_buffer> {
  using beast::buffered_read_stream<Next, beast::flat_buffer>::buffered_read_stream;
};

// Beast wants to know how to end a stream that isn't its own.
template <class Next>
void teardown(beast::role_type role, buffered<Next>& stream, beast::error_code& error) {
  using websocket::teardown;
  teardown(role, stream.next_layer(), error);
}

template <class Next>
using stream = websocket::stream<buffered<Next>>;

using tls_layer = beast::ssl_stream<tcp::socket>;

template <class Next>
void buffer_reads(stream<Next>& ws, const plan& p) {
  constexpr std::size_t capacity = 128 * 1024;
  constexpr std::size_t large = 8 * 1024;
  if (p.size >= large) return;
  ws.next_layer().capacity(capacity);
  ws.next_layer().buffer().reserve(capacity);
}

template <class Next>
void open(stream<Next>& ws, const plan& p, tls_context& tls) {
  beast::get_lowest_layer(ws).connect(server(p));
  beast::get_lowest_layer(ws).set_option(tcp::no_delay(true));
  configure(ws, p);
  ws.write_buffer_bytes(256 * 1024);
  if constexpr (std::is_same_v<Next, tls_layer>) {
    auto& layer = ws.next_layer().next_layer();
    tls.before_handshake(layer.native_handle());
    layer.handshake(asio::ssl::stream_base::client);
    ws.handshake(host, path_of(p));
    tls.when_open(layer.native_handle());
  } else {
    ws.handshake(host, path_of(p));
  }
}

template <class Next>
void receive(stream<Next>& ws, tally& t) {
  for (beast::flat_buffer message;; message.clear()) {
    ws.read(message);
    t.count();
  }
}

template <class Next>
void send(stream<Next>& ws, messages all, tally& t) {
  for (;;) {
    ws.write(asio::buffer(all.next()));
    t.count();
  }
}

template <class Next>
void echo(stream<Next>& ws, messages all, std::size_t in_flight, tally& t) {
  flight asked(in_flight, t.times());
  const auto ask = [&] {
    asked.sent();
    ws.write(asio::buffer(all.next()));
  };
  for (std::size_t i = 0; i < in_flight; ++i) ask();
  for (beast::flat_buffer answer;; answer.clear()) {
    ws.read(answer);
    asked.answered();
    t.count();
    ask();
  }
}

template <class Next>
class client {
 public:
  explicit client(const plan& p) : plan_(p), tls_(p), tally_(p, beast_version()) {}

  void run() {
    if (plan_.scenario == "lateness") unsupported("blocking: no timer runs meanwhile");
    if (plan_.scenario == "idle")
      idle();
    else if (plan_.scenario == "connect")
      connect();
    else
      move_messages();
  }

 private:
  using stream_ptr = std::unique_ptr<stream<Next>>;

  stream_ptr make() {
    if constexpr (std::is_same_v<Next, tls_layer>)
      return std::make_unique<stream<Next>>(io_, tls_.get());
    else
      return std::make_unique<stream<Next>>(io_);
  }

  stream_ptr opened() {
    stream_ptr ws = make();
    open(*ws, plan_, tls_);
    return ws;
  }

  void move_messages() {
    if (plan_.connections > 1) unsupported("blocking: each connection needs a thread");
    const stream_ptr ws = opened();
    buffer_reads(*ws, plan_);
    tally_.start();
    if (plan_.scenario == "send")
      send(*ws, messages(plan_), tally_);
    else if (plan_.scenario == "echo")
      echo(*ws, messages(plan_), plan_.in_flight, tally_);
    else
      receive(*ws, tally_);
  }

  // Whoever has many and reads none waits until one of them can be read.
  void idle() {
    std::vector<stream_ptr> all;
    while (all.size() < plan_.connections) {
      all.push_back(opened());
      beast::get_lowest_layer(*all.back()).async_wait(tcp::socket::wait_read, [](auto) {});
    }
    io_.run_for(std::chrono::milliseconds(200));
    tally_.all_idle();
  }

  void connect() {
    if (plan_.in_flight > 1) unsupported("blocking: each handshake at once needs a thread");
    tally_.start_connecting();
    for (;;) {
      opened();
      tally_.count_connection();
    }
  }

  const plan plan_;
  asio::io_context io_{1};
  tls_context tls_;
  tally tally_;
};

}  // namespace

int main(int argc, char** argv) {
  const plan p = parse(argc, argv);
  if (!p.tls())
    client<tcp::socket>(p).run();
  else
    client<tls_layer>(p).run();
}
