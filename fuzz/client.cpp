#include "client/handlers.hpp"
#include "client/server.hpp"
#include "input.hpp"

#include <wsx/testing/memory_transport.hpp>
#include <wsx/wsx.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The whole client over a transport in memory, driven by a script that the input is: what the
// server does, what fails and when, what the application asks for and cancels, what the callbacks
// answer, and how time passes. Whatever happens, each operation completes once, callbacks come one
// at a time and in order, the server gets what the RFCs allow, and nothing is left behind.

namespace {

std::chrono::nanoseconds passed{};

}  // namespace

// Time passes when the script says so.
std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
  return time_point(hours(1) + passed);
}

namespace {

// An operation under way: a completion token, once.
struct operation {
  int completed = 0;
  std::string payload{};  // of what it sends
  asio::cancellation_signal cancel{};
};

wsx::options choose_options(fuzz::input& in) {
  wsx::options o;
  const auto how = in.byte();
  if ((how & 1) != 0) o.deflate = {.memory_level = 1, .client_max_window_bits = 9, .threshold = 8};
  if ((how & 2) != 0) o.ping_interval = std::chrono::milliseconds(0);
  if ((how & 4) != 0) o.drop_unsent_on_disconnect = true;
  if ((how & 8) != 0) o.handle_first_failure = true;
  if ((how & 16) != 0) o.max_message_size = 1000;
  o.send_queue_size = (how & 32) != 0 ? 128 : 4096;
  o.max_reply_bytes = (how & 64) != 0 ? 300 : 100'000;
  o.mailbox_size = 4;
  return o;
}

template <class Handler>
class world {
 public:
  using client = wsx::basic_client<Handler, wsx::testing::memory_transport>;

  explicit world(fuzz::input in) : stage_(in) {
    passed = {};
    const auto options = choose_options(stage_.in);
    stage_.max_message_size = options.max_message_size;
    stage_.destroy_client = [this] { drop_client(); };
    client_ = std::make_unique<client>(io_->get_executor(), Handler(stage_), options);
  }

  void run() {
    auto& in = stage_.in;
    connect();
    run_all();
    while (!in.empty()) step(in);
    detached_ ? end_context() : end_client();
  }

 private:
  void step(fuzz::input& in) {
    switch (in.choice(10)) {
      case 0:
      case 1:
      case 2:
        if (!servers_.empty()) servers_.back().step(in);
        return run_all();
      case 3: return run_some(in.byte());
      case 4: return let_pass(in);
      case 5: return cancel(in);
      case 6: return listen(in);
      default:
        if (client_) use(in);
        if (in.choice(2) == 0) run_all();
    }
  }

  void use(fuzz::input& in) {
    switch (in.choice(18)) {
      case 0:
      case 1:
      case 2: try_send(in, *client_, 'c'); return;
      case 3:
      case 4: return send(in, *client_, 'c');
      case 5:
        if (!sender_) sender_.emplace(client_->make_sender());
        try_send(in, *sender_, 's');
        return;
      case 6:
        if (sender_) send(in, *sender_, 's');
        return;
      case 7: return sender_.reset();
      case 8: client_->cast(1); return;
      case 9: client_->post(std::string("info")); return;
      case 10:
        timer_ = client_->post_after(std::chrono::seconds(in.byte()), std::string("later"));
        return;
      case 11: return timer_.cancel();
      case 12: return client_->flush(begin());
      case 13: return client_->join(begin());
      case 14: return client_->close(wsx::close_code(in.byte() * 16u), in.take(5), begin());
      case 15: return in.choice(4) == 0 ? client_->abort() : client_->close(begin());
      case 16: return connect();
      default:
        if (in.choice(8) != 0) return;
        detached_ = true;
        client_->detach();
        return drop_client();
    }
  }

  template <class Sender>
  void try_send(fuzz::input& in, Sender& through, char letter) {
    const auto payload = std::string(in.byte(), letter);
    switch (in.choice(5)) {
      case 0: through.try_send(wsx::text{payload}); return;
      case 1: through.try_send(wsx::binary{payload}); return;
      case 2: through.try_send(wsx::ping{payload}); return;
      case 3: through.try_send(wsx::uncompressed(wsx::text{payload})); return;
      default:
        through.try_send(wsx::fragment{wsx::opcode::text, in.choice(2) == 0, in.choice(2) == 0,
                                       wsx::as_bytes(payload)});
    }
  }

  template <class Sender>
  void send(fuzz::input& in, Sender& through, char letter) {
    auto done = begin();
    auto& payload = operations_.back()->payload;
    payload.assign(in.byte() * 1200u, letter);
    if (in.choice(3) != 0) return through.send(wsx::binary{payload}, std::move(done));
    through.send(wsx::fragment{wsx::opcode::binary, in.choice(2) == 0, in.choice(2) == 0,
                               wsx::as_bytes(payload)},
                 std::move(done));
  }

  void connect() {
    if (client_) client_->connect(listener_->url(), begin());
  }

  void cancel(fuzz::input& in) {
    const auto& chosen = operations_[in.choice(operations_.size())];
    chosen->cancel.emit(asio::cancellation_type::terminal);
  }

  void listen(fuzz::input& in) {
    switch (in.choice(4)) {
      case 0: return listener_->hold();
      case 1: return listener_->release();
      case 2:
        return listener_->refuse(in.choice(2) == 0 ? asio::error::connection_refused
                                                   : std::error_code());
      default: return;
    }
  }

  auto begin() {
    auto& begun = operations_.emplace_back(std::make_shared<operation>());
    return asio::bind_cancellation_slot(
        begun->cancel.slot(), [op = begun](std::error_code, auto&&...) { ++op->completed; });
  }

  void drop_client() {
    stage_.client_gone = !detached_;
    client_.reset();
  }

  void run_some(std::size_t handlers) {
    io_->restart();
    while (handlers-- > 0 && io_->poll_one() > 0) {}
    serve();
  }

  void run_all() {
    do {
      io_->restart();
      serve();
    } while (io_->poll() > 0);
  }

  void serve() {
    while (auto peer = listener_->next()) servers_.emplace_back(std::move(*peer));
    for (auto& server : servers_) server.read();
  }

  void let_pass(fuzz::input& in) { pass(std::chrono::milliseconds(1 << in.choice(17))); }

  void pass(std::chrono::nanoseconds time) {
    passed += time;
    // Asio looks at the clock when its first timer is due by the machine's: this one is.
    asio::steady_timer first(*io_, std::chrono::steady_clock::time_point());
    first.async_wait([](std::error_code) {});
    run_all();
  }

  void end_client() {
    if (client_) drop_client();
    run_all();
    fuzz::require(io_->stopped());  // nothing is left that could ever run
    for (const auto& op : operations_) fuzz::require(op->completed == 1);
  }

  // A client that was let go ends with the context, and nobody is called.
  void end_context() {
    sender_.reset();
    io_.reset();
    for (const auto& op : operations_) fuzz::require(op->completed <= 1);
  }

  fuzz::stage stage_;
  std::vector<std::shared_ptr<operation>> operations_;
  std::optional<asio::io_context> io_{std::in_place};
  std::optional<wsx::testing::memory_listener> listener_{std::in_place, "server"};
  std::vector<fuzz::server> servers_;
  std::unique_ptr<client> client_;
  std::optional<wsx::sender> sender_;
  wsx::timer timer_;
  bool detached_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  switch (in.choice(3)) {
    case 0: world<fuzz::plain>(in).run(); break;
    case 1: world<fuzz::waiting>(in).run(); break;
    default: world<fuzz::pieces_of_messages>(in).run(); break;
  }
  return 0;
}
