#include "input.hpp"
#include "life/handlers.hpp"
#include "life/operations.hpp"
#include "life/producer.hpp"
#include "life/server.hpp"
#include "life/stage.hpp"

#include <wsx/testing/memory_transport.hpp>
#include <wsx/testing/virtual_clock.hpp>
#include <wsx/wsx.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

// A client in production: in the middle of traffic its handler is replaced, it is suspended, looked
// into and traced, and its connections are replaced, while servers do what they like. The input is
// the script. Whatever happens, callbacks come one at a time and to the handler that is there, each
// operation completes once, what is sent arrives in order, once, and completely unless its
// connection breaks, and nothing is left behind.

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

wsx::options choose_options(fuzz::input& in) {
  wsx::options o;
  const auto how = in.byte();
  if ((how & 1) != 0) o.deflate = {.memory_level = 1, .client_max_window_bits = 15, .threshold = 8};
  if ((how & 2) != 0) o.ping_interval = seconds(1);
  if ((how & 4) != 0) o.drop_unsent_on_disconnect = true;
  if ((how & 8) != 0) o.handle_first_failure = true;
  if ((how & 16) != 0) o.reconnect_after_exception = true;
  o.send_queue_size = (how & 32) != 0 ? 128 : 4096;
  o.max_reply_bytes = (how & 64) != 0 ? 300 : 100'000;
  if ((how & 128) == 0) o.max_connection_age = seconds(10);
  const auto more = in.byte();
  if ((more & 1) != 0) o.heartbeat = wsx::heartbeat(seconds(1), wsx::text{"heartbeat"});
  if ((more & 2) != 0) o.close_timeout = milliseconds(100);
  if ((more & 4) != 0) o.data_timeout = seconds(15);
  if ((more & 8) != 0) o.max_turn = std::chrono::microseconds(0);
  o.mailbox_size = (more & 16) != 0 ? 4 : 1000;
  return o;
}

class world {
 public:
  using client = wsx::basic_client<wsx::any_handler, wsx::testing::memory_transport>;

  explicit world(fuzz::input in) : stage_(in) {
    stage_.clock = &clock_;
    const auto options = choose_options(stage_.in);
    stage_.producers.lossy = options.drop_unsent_on_disconnect;
    stage_.destroy_client = [this] { drop_client(); };
    stage_.use_client = [this] {
      if (client_) use(stage_.in);
    };
    client_ = std::make_unique<client>(io_->get_executor(), first_handler(), options);
    producers_.emplace_back(stage_, std::nullopt);
  }

  void run() {
    auto& in = stage_.in;
    const auto end = in.choice(4);
    connect();
    run_all();
    while (!in.empty()) step(in);
    if (detached_) return end_context();
    if (end < 3) settle();
    if (end == 1) close_in_order();
    if (end == 2 && client_) client_->abort();
    end_client();
  }

 private:
  wsx::any_handler first_handler() {
    const fuzz::actor first(stage_, 1);
    switch (stage_.in.choice(3)) {
      case 0: return fuzz::whole_messages(first);
      case 1: return fuzz::in_fragments(first);
      default: return fuzz::waiting_callbacks(first);
    }
  }

  void step(fuzz::input& in) {
    switch (in.choice(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        if (!servers_.empty()) servers_[newest(in)].step(in);
        return run_all();
      case 4: return run_some(in.byte());
      case 5:
      case 6: return pass(milliseconds(1 << in.choice(16)));
      case 7: return operations_.cancel(in);
      case 8: return listen(in);
      case 9:
        if (in.choice(4) == 3) settle();
        return;
      default:
        if (client_) use(in);
        if (in.choice(2) == 0) run_all();
    }
  }

  std::size_t newest(fuzz::input& in) const {
    return servers_.size() - 1 - in.choice(std::min<std::size_t>(servers_.size(), 3));
  }

  void use(fuzz::input& in) {
    switch (in.choice(24)) {
      case 0:
      case 1:
      case 2:
      case 3: return produce(in);
      case 4: return client_->flush(operations_.begin());
      case 5: return retire(in);
      case 6:
        if (client_->cast(stage_.casts + 1)) ++stage_.casts;
        return;
      case 7: client_->post(std::string("info")); return;
      case 8:
        timer_ = client_->post_after(milliseconds(in.byte() * 20), std::string("later"));
        return;
      case 9: return timer_.cancel();
      case 10:
      case 11:
      case 12: return change(in);
      case 13:
      case 14: return client_->suspend(operations_.begin());
      case 15:
      case 16: return client_->resume(operations_.begin());
      case 17: return look(in);
      case 18: return client_->status(operations_.begin());
      case 19: return trace(in);
      case 20: return client_->join(operations_.begin());
      case 21: return connect();
      case 22: return observe(in);
      default: return end(in);
    }
  }

  void produce(fuzz::input& in) {
    const auto chosen = in.choice(3);
    if (chosen >= producers_.size()) producers_.emplace_back(stage_, client_->make_sender());
    producers_[std::min(chosen, producers_.size() - 1)].step(client_.get(), operations_, in);
  }

  // One that leaves a message unfinished fails the connection some time.
  void retire(fuzz::input& in) {
    if (in.choice(2) == 0 || producers_.size() == 1) return;
    if (producers_.back().in_message()) stage_.closes = true;
    producers_.pop_back();
    fuzz::tally::add("sender destroyed");
  }

  void change(fuzz::input& in) {
    const auto how = in.byte();
    const fuzz::arrival to{&stage_, (how & 0xf0) == 0xf0};
    switch (how % 3) {
      case 0: return client_->code_change<fuzz::whole_messages>(to, operations_.begin());
      case 1: return client_->code_change<fuzz::in_fragments>(to, operations_.begin());
      default: return client_->code_change<fuzz::waiting_callbacks>(to, operations_.begin());
    }
  }

  void look(fuzz::input& in) {
    const auto how = in.choice(8);
    auto with_any = [this, how](wsx::any_handler&) {
      fuzz::require(!stage_.calling);
      fuzz::tally::add(stage_.suspended ? "looked into while suspended" : "looked into");
      if (how == 1) throw std::runtime_error("no");
      if (how == 2) stage_.use_client();
      return how;
    };
    auto with_whole = [this](const fuzz::whole_messages&) { fuzz::require(!stage_.calling); };
    if (how < 6) return client_->with_handler(with_any, operations_.begin());
    client_->with_handler<fuzz::whole_messages>(with_whole, operations_.begin());
  }

  void trace(fuzz::input& in) {
    const auto how = in.choice(8);
    wsx::trace_options options;
    options.payloads = (how & 1) != 0;
    if (how == 0) return client_->untrace();
    client_->trace(
        [how, this](std::string_view line) {
          fuzz::require_displayable(line);
          fuzz::tally::add("line traced");
          if (how == 2) throw std::runtime_error("no");
          if (how == 3 && client_) client_->cast(0.5);  // the sink may call the client
        },
        options);
  }

  void observe(fuzz::input& in) {
    switch (in.choice(5)) {
      case 0: return client_->keep_trace(in.choice(8));
      case 1: fuzz::require(client_->kept_trace().size() < 8); return;
      case 2: return client_->collect_statistics();
      case 3: return client_->collect_statistics(false);
      default: static_cast<void>(client_->statistics());
    }
  }

  // Seldom, or no script would get far.
  void end(fuzz::input& in) {
    switch (in.choice(32)) {
      case 1:
        closes();
        return client_->close(wsx::close_code(in.byte() * 20u), in.take(5), operations_.begin());
      case 2: closes(); return client_->close(operations_.begin());
      case 3: closes(); return client_->abort();
      case 4: return drop_client();
      case 5:
        detached_ = true;
        client_->detach();
        return drop_client();
      default: return;
    }
  }

  void closes() {
    stage_.closes = true;
    stage_.spoil();
  }

  void connect() {
    if (client_) client_->connect(listener_->url(), operations_.begin());
  }

  void listen(fuzz::input& in) {
    switch (in.choice(8)) {
      case 0: polite_ = false; return;
      case 1: polite_ = true; return;
      case 2: return listener_->hold();
      case 3: return listener_->refuse(asio::error::connection_refused);
      case 4:
      case 5: listener_->release(); return;
      default: return listener_->refuse({});
    }
  }

  void drop_client() {
    stage_.client_gone = !detached_;
    stage_.closes = true;
    client_.reset();
  }

  void run_some(std::size_t handlers) {
    io_->restart();
    while (handlers-- > 0 && io_->poll_one() > 0) {}
    serve(true);
  }

  // Runs everything that can run without waiting, which must come to an end.
  void run_all(bool closes = true) {
    std::size_t steps = 0;
    do {
      io_->restart();
      while (io_->poll_one() > 0) fuzz::require(++steps < 1'000'000);
    } while (serve(closes));
  }

  // Returns whether a server did anything.
  bool serve(bool closes) {
    bool did = false;
    while (auto peer = listener_->next()) servers_.emplace_back(std::move(*peer), stage_);
    for (auto& server : servers_) {
      server.read();
      did = (polite_ && server.be_polite(closes)) || did;
    }
    return did;
  }

  void pass(milliseconds time) {
    const auto end = clock_.now() + time;
    run_all();
    for (int steps = 0;; ++steps) {
      fuzz::require(steps < 10'000);  // it would not wait at all
      auto due = clock_.next_due().value_or(end);
      for (const auto* s : stage_.sleepers) due = std::min(due, s->due);
      if (due > end) break;
      clock_.advance(due - clock_.now());
      wake_sleepers();
      run_all();
      if (due == end && !due_now()) break;
    }
    clock_.advance(end - clock_.now());
    run_all();
  }

  bool due_now() const {
    const auto now = clock_.now();
    const auto due = clock_.next_due();
    if (due && *due <= now) return true;
    return std::ranges::any_of(stage_.sleepers, [&](const auto* s) { return s->due <= now; });
  }

  void wake_sleepers() {
    for (auto* s : stage_.sleepers) {
      if (s->due <= clock_.now()) s->wake();
    }
  }

  // Nothing hinders the client for a while: all that was said on connections that are in use has
  // to arrive, in both directions.
  void settle() {
    polite_ = true;
    listener_->refuse({});
    listener_->release();
    if (client_ && stage_.suspended) client_->resume(operations_.begin());
    for (int i = 0; i < 20; ++i) {
      for (auto& producer : producers_) producer.finish(client_.get());
      for (auto& server : servers_) server.unlimit();
      run_all(false);
      if (!stage_.sleepers.empty()) pass(milliseconds(100));
    }
    if (client_ && stage_.sleepers.empty() && !stage_.suspended && !stage_.closes) check_arrived();
    run_all();
  }

  void check_arrived() {
    for (const auto& server : servers_) fuzz::require(server.complete());
    if (!client_->is_open()) return;
    const auto present = stage_.server_of.find(client_->connection().number);
    const auto open = [](const auto& p) { return p.in_message(); };
    if (present == stage_.server_of.end() || std::ranges::any_of(producers_, open)) return;
    if (!servers_[present->second].in_use()) return;
    fuzz::tally::add("checked that all has arrived");
    stage_.producers.require_complete();
    fuzz::require(stage_.casts_heard == stage_.casts);
  }

  void close_in_order() {
    if (!client_) return;
    bool ended = false;
    closes();
    client_->close(operations_.begin([&ended](std::error_code) { ended = true; }));
    run_all();
    pass(seconds(60));
    fuzz::require(ended);
  }

  void end_client() {
    if (client_) drop_client();
    run_all();
    if (!stage_.sleepers.empty()) pass(seconds(60));
    fuzz::require(io_->stopped());  // nothing is left that could ever run
    operations_.require_completed();
    fuzz::require(stage_.sleepers.empty());
    for (const auto& server : servers_) fuzz::require(server.client_closed());
    fuzz::tally::add("ended");
  }

  // A client that was let go ends with the context, and nobody is called.
  void end_context() {
    producers_.clear();
    io_.reset();
    fuzz::require(stage_.sleepers.empty());
  }

  fuzz::stage stage_;
  fuzz::operations operations_;
  std::optional<asio::io_context> io_{std::in_place};
  wsx::testing::virtual_clock clock_{*io_};
  std::optional<wsx::testing::memory_listener> listener_{std::in_place, "server"};
  std::vector<fuzz::server> servers_;
  std::unique_ptr<client> client_;
  std::vector<fuzz::producer> producers_;
  wsx::timer timer_;
  bool polite_ = true;
  bool detached_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  world(fuzz::input(data, size)).run();
  return 0;
}
