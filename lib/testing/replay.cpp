#include <wsx/recording/reader.hpp>
#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/replay.hpp>
#include <wsx/testing/virtual_clock.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <fstream>
#include <type_traits>

namespace wsx::testing {

namespace {

using recording::frame;
using recording::frame_direction;
using recording::recording_error;

// A recording may say that years passed between two records.
constexpr auto longest_pause = std::chrono::hours(24);

// How often the client's time is moved to when something is due before it counts as not connecting.
constexpr int patience = 1000;

std::string unused_name() {
  static std::atomic<unsigned> number{0};
  return "replay" + std::to_string(++number);
}

// RFC 7692 7.1: what the server answered.
std::string extension_of(const deflate_parameters& d) {
  std::string text = "permessage-deflate";
  if (d.server_no_context_takeover) text += "; server_no_context_takeover";
  if (d.client_no_context_takeover) text += "; client_no_context_takeover";
  if (d.server_max_window_bits != 15)
    text += "; server_max_window_bits=" + std::to_string(d.server_max_window_bits);
  if (d.client_max_window_bits != 15)
    text += "; client_max_window_bits=" + std::to_string(d.client_max_window_bits);
  return text;
}

accept_options answer_of(const recording::connected& c) {
  accept_options answer;
  answer.subprotocol = c.subprotocol;
  if (c.deflate) answer.headers = {{"Sec-WebSocket-Extensions", extension_of(*c.deflate)}};
  return answer;
}

frame frame_of(client_frame&& f) {
  const std::uint64_t size = f.payload.size();
  return {{frame_direction::sent, static_cast<opcode>(f.opcode), f.fin, f.rsv == rsv1, size},
          std::move(f.payload)};
}

client_frame shown(const frame& f) {
  return {.opcode = static_cast<std::uint8_t>(f.facts.op),
          .payload = f.payload,
          .fin = f.facts.fin,
          .rsv = f.facts.compressed ? rsv1 : std::uint8_t{0}};
}

// As far as `then` was recorded.
bool same(const frame& then, const frame& now) {
  const auto& a = then.facts;
  const auto& b = now.facts;
  return a.op == b.op && a.fin == b.fin && a.compressed == b.compressed && a.size == b.size &&
         now.payload.compare(0, then.payload.size(), then.payload) == 0;
}

}  // namespace

// Frames that were sent then, and are sent now, in order.
class sent_frames {
 public:
  void sent_then(frame&& f) { then_.push_back(std::move(f)); }
  void sent_now(frame&& f) { now_.push_back(std::move(f)); }
  bool all_sent_again() const noexcept { return then_.empty(); }
  void clear() { *this = {}; }

  // Compares what was sent both then and now. Returns the number of equal frames.
  std::uint64_t compare(std::optional<replay_difference>& difference) {
    const auto before = same_;
    while (!then_.empty() && !now_.empty()) {
      if (!same(then_.front(), now_.front())) {
        differ(difference);
        break;
      }
      then_.pop_front();
      now_.pop_front();
      ++same_;
    }
    return same_ - before;
  }

  // Also what was sent only then, or only now, is a difference.
  void compare_rest(std::optional<replay_difference>& difference) {
    if (!difference && !(then_.empty() && now_.empty())) differ(difference);
  }

 private:
  void differ(std::optional<replay_difference>& difference) {
    difference = {.index = same_, .record = 0, .then = pop(then_), .now = pop(now_)};
  }
  static std::optional<frame> pop(std::deque<frame>& from) {
    if (from.empty()) return std::nullopt;
    auto first = std::move(from.front());
    from.pop_front();
    return first;
  }

  std::deque<frame> then_{};  // and not yet now
  std::deque<frame> now_{};   // the other way round
  std::uint64_t same_ = 0;
};

class replay_stage::impl {
 public:
  impl(std::istream& recording, replay_speed speed) : reader_(recording), speed_(speed) {}

  asio::io_context& context() noexcept { return io_; }
  std::string url() const { return server_.url(); }

  replay_result play() {
    recording::record r;
    poll();
    while (!over_ && !result_.difference && reader_.next(r)) {
      move_time(r.monotonic);
      std::visit([this](auto& what) { take(what); }, r.what);
      if (result_.difference) result_.difference->record = result_.records;
      ++result_.records;
    }
    // A snapshot may end between a frame and its answer: what is sent then proves nothing.
    if (!result_.difference) compare_end();
    return std::move(result_);
  }

 private:
  void poll() {
    do {
      io_.restart();
    } while (io_.poll() > 0);
  }

  void move_time(std::chrono::nanoseconds when) {
    const auto passed = std::clamp<std::chrono::nanoseconds>(
        result_.records == 0 ? std::chrono::nanoseconds(0) : when - time_,
        std::chrono::nanoseconds(0), longest_pause);
    time_ = when;
    if (speed_ == replay_speed::as_recorded && passed > passed.zero()) clock_.run_for(io_, passed);
  }

  void take(frame& f) {
    if (!peer_) throw recording_error("the recording has frames before the first connection");
    if (f.facts.direction == frame_direction::sent) {
      sent_by(f).sent_then(std::move(f));
    } else if (f.whole()) {
      ++result_.received;
      peer_->write({.opcode = static_cast<std::uint8_t>(f.facts.op),
                    .payload = std::move(f.payload),
                    .fin = f.facts.fin});
      poll();
    } else {
      ++result_.skipped;
    }
    compare();
  }

  void take(const recording::connected& c) {
    end_connection();  // its end may be in a gap
    for (int i = 0; i < patience && !(peer_ = server_.next()); ++i) {
      const auto due = clock_.next_due();
      if (!due) break;
      clock_.advance(*due - clock_.now());
      poll();
    }
    if (!peer_) {  // it does not connect
      result_.difference = replay_difference();
      return;
    }
    peer_->accept(answer_of(c));
    ++result_.connections;
    poll();
  }

  void take(const recording::ended& e) {
    over_ = e.what == recording::ended::of::client;
    if (!over_) end_connection();
  }

  void take(const recording::handler_replaced&) {}

  void take(const recording::gap&) {
    ++result_.gaps;
    take_written();
    for (auto& each : sent_) each.clear();
  }

  void end_connection() {
    if (!peer_) return;
    compare_rest();
    peer_->close();
    poll();
    peer_.reset();
  }

  void take_written() {
    while (peer_) {
      auto written = peer_->take_frame();
      if (!written) break;
      auto f = frame_of(std::move(*written));
      sent_by(f).sent_now(std::move(f));
    }
  }

  // Pings and pongs overtake messages, depending on how much the client read at a time.
  sent_frames& sent_by(const frame& f) noexcept {
    return sent_[f.facts.op == opcode::ping || f.facts.op == opcode::pong ? 1 : 0];
  }

  void compare() {
    take_written();
    for (auto& each : sent_) {
      if (!result_.difference) result_.same += each.compare(result_.difference);
    }
  }

  void compare_end() {
    compare();
    for (auto& each : sent_) {
      if (over_ || !peer_ || !each.all_sent_again()) each.compare_rest(result_.difference);
    }
    if (result_.difference) result_.difference->record = result_.records;
  }

  // All that was sent on this connection then must have been sent now, and nothing else.
  void compare_rest() {
    compare();
    for (auto& each : sent_) each.compare_rest(result_.difference);
  }

  asio::io_context io_{1};
  virtual_clock clock_{io_};
  memory_listener server_{unused_name()};
  recording::reader reader_;
  const replay_speed speed_;
  replay_result result_{};
  std::optional<memory_peer> peer_{};  // of the connection that is open
  std::chrono::nanoseconds time_{};    // of the last record
  std::array<sent_frames, 2> sent_{};
  bool over_ = false;
};

replay_stage::replay_stage(std::istream& recording, replay_speed speed)
    : impl_(std::make_unique<impl>(recording, speed)) {}

replay_stage::~replay_stage() = default;

asio::io_context& replay_stage::context() noexcept {
  return impl_->context();
}

std::string replay_stage::url() const {
  return impl_->url();
}

replay_result replay_stage::play() {
  return impl_->play();
}

std::unique_ptr<std::istream> open_recording(const std::filesystem::path& file) {
  auto opened = std::make_unique<std::ifstream>(file, std::ios::binary);
  if (!*opened) throw recording_error("cannot open " + file.string());
  return opened;
}

std::string describe(const replay_difference& difference) {
  const auto text = [](const std::optional<frame>& f) {
    return f ? describe(shown(*f)) : std::string("nothing");
  };
  const std::string record = "record " + std::to_string(difference.record);
  if (!difference.then && !difference.now) return record + ": the client does not connect now";
  return "frame " + std::to_string(difference.index) + " (" + record + "): then " +
         text(difference.then) + ", now " + text(difference.now);
}

}  // namespace wsx::testing
