#include "connection/expected.hpp"
#include "input.hpp"
#include "reader.hpp"

#include <wsx/bytes.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/options.hpp>
#include <wsx/protocol/connection.hpp>
#include <wsx/protocol/utf8.hpp>
#include <wsx/testing/server_deflate.hpp>
#include <wsx/testing/server_frame.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

// One connection, whatever is done with it in whatever order: what comes, in pieces, moved, by
// turns; what is sent, in bits, while producers send too; time that passes; a transport that fails.
// What it gives out is what the server sent, what it writes is what a server may read, and in the
// end it is over, for a reason that stays.

namespace {

using namespace std::chrono_literals;
using namespace wsx::protocol;
using namespace wsx::testing;
using wsx::bytes_view;
using wsx::errc;

using fuzz::exact_copy;
using fuzz::kind_of;
using fuzz::note;

class world {
 public:
  explicit world(unsigned flags)
      : terms_(flags),
        producer_(std::make_shared<frame_source>(
            8192, terms_.options.deflate ? payloads::unmasked : payloads::masked)) {
    box_.attach(producer_);
    c_.emplace(terms_.options, terms_.wanted, terms_.deflate(), box_, now_);
  }

  void step(fuzz::input& in) {
    act(in);
    check();
  }

  // The server neither sends nor takes anything any more.
  void die() {
    const bool open = c_->open() && c_->may_write() && !c_->congested();
    const bool must_end = terms_.options.ping_interval > 0s || !open;
    for (int i = 0; i < 50 && !c_->over(); ++i) {
      while (c_->has_input() && !c_->congested()) turn(8);
      take(100);
      if (!c_->has_input() && c_->wants_read()) c_->receive({}, now_);
      wake();
      check();
    }
    fuzz::require(!must_end || c_->over());
  }

  // What was given out is what has come, and a Close is found wherever it is.
  void compare() {
    while (looking_ || (c_->has_input() && !c_->congested())) turn(8);
    c_->discard_rest();
    const auto [log, closed] = fuzz::expected(received_, terms_);
    fuzz::require(log.starts_with(given_out_) || given_out_.starts_with(log));
    const bool all = !c_->over() && !c_->has_input();
    if (all) fuzz::require(closed == found_close());
  }

 private:
  // Closing has begun, or been answered, by the server's Close.
  bool found_close() const {
    const auto& reason = c_->reason();
    return reason.received || reason.origin == wsx::close_origin::remote;
  }

  void act(fuzz::input& in) {
    switch (in.choice(19)) {
      case 0:
      case 1: return say(in);
      case 2:
      case 3:
      case 4: return receive(1 + in.byte() * (1u + in.byte() % 8u));
      case 5: return receive(wire_.size());
      case 6: return receive_in_place(1 + in.byte() * 256u);
      case 7: return take(1 + in.choice(3));
      case 8: return turn(static_cast<std::uint32_t>(in.choice(4)));
      case 9: return give_back();
      case 10: return send(in);
      case 11: return produce(in);
      case 12:
      case 13: return write(in);
      case 14: return close(in);
      case 15: return pass(in);
      case 16: return c_->handle_timeout(now_, unacknowledged(in));
      case 17: return c_->writable(now_);
      default: return fail(in);
    }
  }

  // What the server says next.
  void say(fuzz::input& in) {
    switch (in.choice(10)) {
      case 0: return add(text_frame(utf8(in)));
      case 1: return add(binary_frame(in.take(in.byte())));
      case 2: return add(ping_frame(in.take(in.byte() % 126u)));
      case 3: return add(pong_frame(in.take(in.byte() % 5u)));
      case 4: return add({.opcode = opcodes::text, .payload = "a", .fin = in.choice(4) == 0});
      case 5: return add(continuation_frame("b", in.choice(2) == 0));
      case 6: return add(compressed(in));
      case 7: return add(binary_frame(std::string(in.byte() * 1024u, 'l')));
      case 8: return add(close_frame(static_cast<std::uint16_t>(1000 + in.byte() % 16u)));
      default: wire_ += in.take(in.byte() % 16u);
    }
  }

  void add(const server_frame& frame) { wire_ += encode_server_frame(frame); }

  static std::string utf8(fuzz::input& in) {
    std::string text;
    for (auto left = in.byte() % 64u; left > 0; --left)
      text += in.choice(4) == 0 ? "\xc3\xa9" : "t";
    return text;
  }

  server_frame compressed(fuzz::input& in) {
    auto frame = text_frame(server_.message(std::string(in.byte() * 2048u, 'z')));
    frame.rsv = rsv1;
    return frame;
  }

  // A part of it comes. What came before has been used up, or waits.
  void receive(std::size_t most) {
    if (!ready()) return;
    const auto count = std::min(most, wire_.size());
    exact_copy piece(wsx::as_bytes(wire_).first(count));
    feed(piece.view());
    input_.emplace(std::move(piece));
  }

  void receive_in_place(std::size_t most) {
    if (!ready()) return;
    const auto place = c_->next_read_buffer();
    fuzz::require(place.size() <= 256 * 1024);
    const auto count = std::min({most, wire_.size(), place.size()});
    if (count == 0) return;
    std::ranges::copy(wsx::as_bytes(wire_).first(count), place.begin());
    feed(place.first(count));
  }

  // Whether there is nothing left of the input before.
  bool ready() {
    while (looking_) take(100);
    return !c_->has_input();
  }

  void feed(bytes_view bytes) {
    const bool counts = !c_->over();
    c_->receive(bytes, now_);
    if (counts) received_ += wsx::as_chars(bytes);
    wire_.erase(0, bytes.size());
    looking_ = true;
  }

  // Takes some events; looks once more at each after whatever happened since.
  void take(std::size_t events) {
    for (; looking_ && events > 0; --events) {
      fuzz::require(wsx::as_chars(c_->payload()) == looked_at_);
      const bool open = c_->open();
      const bool may_end = !c_->may_write();
      const auto came = c_->next();
      fuzz::require(may_end || !c_->over());
      looked_at_ = wsx::as_chars(c_->payload());
      if (came == event::need_input) return stop_looking();
      fuzz::require(open && c_->open());
      give_out(came);
    }
  }

  void stop_looking() {
    fuzz::require(looked_at_.empty());
    looking_ = false;
    if (!c_->has_input()) input_.reset();
  }

  void give_out(event what) {
    const auto payload = c_->payload();
    switch (what) {
      case event::text:
        fuzz::require(terms_.wanted.text && is_utf8(payload));
        return note(given_out_, 't', payload);
      case event::binary:
        fuzz::require(terms_.wanted.binary);
        return note(given_out_, 'b', payload);
      case event::fragment: return note(given_out_, kind_of(*c_), payload, c_->first(), c_->last());
      case event::ping: fuzz::require(terms_.wanted.pings); return note(given_out_, 'i', payload);
      default: return note(given_out_, 'o', payload);
    }
  }

  // Others had their turn.
  void turn(std::uint32_t events) {
    c_->pace(events);
    looking_ = looking_ || c_->has_input();
    take(100);
  }

  // Others need the place where the input lies.
  void give_back() {
    if (looking_) return;
    if (c_->has_input()) c_->keep_rest(kept_);
    c_->discard_rest();
    fuzz::require(kept_.size() <= received_.size());
    input_.reset();
  }

  void send(fuzz::input& in) {
    const std::string payload(in.byte() * (1u + in.choice(8)), 'x');
    const std::string_view brief = std::string_view(payload).substr(0, 126);
    const auto bytes = wsx::as_bytes(std::string_view(payload));
    switch (in.choice(5)) {
      case 0: return sent(outgoing_frame(wsx::text{payload}));
      case 1: return sent(outgoing_frame(wsx::uncompressed(wsx::binary(bytes))));
      case 2: return sent(outgoing_frame(wsx::ping(brief)));
      case 3: return sent(outgoing_frame(wsx::pong(brief)));
      default:
        return sent(outgoing_frame(
            wsx::fragment{wsx::opcode::text, in.choice(2) == 0, in.choice(2) == 0, bytes}));
    }
  }

  void sent(const outgoing_frame& frame) {
    const bool open = c_->open();
    const auto before = box_.unsent_bytes();
    const auto error = c_->send(frame);
    fuzz::require((error == errc::closing) == !open);
    fuzz::require(box_.unsent_bytes() <= terms_.options.max_reply_bytes + 2048 + 14);
    fuzz::require(error == errc{} || box_.unsent_bytes() == before);
  }

  void produce(fuzz::input& in) {
    const std::string payload(in.byte() * 4u, 'p');
    producer_->queue.try_push({.op = wsx::opcode::text, .rsv1 = true}, wsx::as_bytes(payload));
  }

  void write(fuzz::input& in) {
    if (!c_->may_write()) return;
    const auto bytes = c_->data_to_send(now_);
    if (box_.compressing()) return;
    fuzz::require(wsx::as_chars(bytes).starts_with(committed_));
    const auto count = std::min<std::size_t>(bytes.size(), in.byte() * 8u);
    const auto left = bytes.subspan(count);
    const auto kept = committed_.size() - std::min(committed_.size(), count);
    const std::size_t wanted = in.byte() * 4u;
    const auto committed = std::max(kept, left.empty() ? 0 : wanted % left.size());
    peer_.read(wsx::as_chars(bytes.first(count)));
    committed_ = wsx::as_chars(left.first(committed));
    c_->sent(count, now_, committed);
  }

  void close(fuzz::input& in) {
    const bool open = c_->open();
    const auto code = static_cast<wsx::close_code>(1000 + in.byte() % 16u);
    const auto error = in.choice(2) == 0 ? c_->close({code, std::string(in.byte(), 'c')})
                                         : fail_with(errc::handler_failed);
    fuzz::require(!open || c_->open() == static_cast<bool>(error));
    fuzz::require(!open || c_->closing() == !error);
  }

  std::error_code fail_with(errc error) {
    c_->fail(error);
    return {};
  }

  void pass(fuzz::input& in) {
    now_ += in.byte() * 100ms;
    const auto bytes = unacknowledged(in);
    const auto when = c_->next_timeout(now_);
    if (when && *when <= now_) time_out(bytes);
  }

  // What is due is done, and not due any more.
  void time_out(std::optional<std::size_t> bytes) {
    c_->handle_timeout(now_, bytes);
    receive_elsewhere();
    const auto next = c_->next_timeout(now_);
    fuzz::require(!next || *next > now_);
  }

  // Another connection of this thread uses what this one has given back.
  void receive_elsewhere() {
    const auto bytes = encode_server_frame(ping_frame("elsewhere"));
    outbox box(1);
    connection other(terms_.options, {.pings = true}, {}, box, now_);
    for (const auto& piece : {bytes.substr(0, 4), bytes.substr(4)}) {
      other.receive(wsx::as_bytes(piece), now_);
      while (other.next() != event::need_input) continue;
    }
  }

  void wake() {
    const auto when = c_->next_timeout(now_);
    if (!when) return;
    now_ = std::max(now_, *when);
    time_out({});
  }

  static std::optional<std::size_t> unacknowledged(fuzz::input& in) {
    const auto count = in.byte();
    return count == 0 ? std::nullopt : std::optional<std::size_t>(count * 16u);
  }

  // The transport.
  void fail(fuzz::input& in) {
    const auto error =
        std::make_error_code(in.choice(2) == 0 ? std::errc::connection_reset : std::errc::io_error);
    switch (in.choice(6)) {
      case 0: return c_->receive_end({}, true);
      case 1: return c_->receive_end(error, false, "detail");
      case 2: return c_->abandon(error);
      case 3: return c_->conclude();
      case 4: return c_->write_failed(error);
      default: return c_->receive({}, now_);
    }
  }

  void check() {
    fuzz::require(!was_closed_ || !c_->open());
    fuzz::require(!was_over_ || c_->over());
    was_closed_ = !c_->open();
    was_over_ = c_->over();
    if (was_over_) check_end();
    const auto& reason = c_->reason();
    fuzz::require(!reason.normal() || !reason.error);
    if (was_closed_ && reason.sent)
      fuzz::require(peer_.close().value().starts_with(code_bytes(*reason.sent)));
  }

  void check_end() {
    c_->conclude();
    const auto& reason = c_->reason();
    fuzz::require(!c_->has_input() && !c_->may_write() && !c_->wants_read());
    fuzz::require(!c_->next_timeout(now_));
    fuzz::require(reason.origin != wsx::close_origin::error || reason.error);
    fuzz::require(!reason.clean || (peer_.close() && c_->closing()));
    if (!why_) why_.emplace(reason);
    const auto all = [](const wsx::close_reason& r) {
      return std::tie(r.origin, r.received, r.sent, r.requested, r.text, r.error, r.clean);
    };
    fuzz::require(all(*why_) == all(reason));
  }

  static std::string code_bytes(wsx::close_code code) {
    return close_frame(static_cast<std::uint16_t>(code)).payload;
  }

  fuzz::terms terms_;
  connection::time_point now_{1h};
  outbox box_{terms_.options.max_reply_bytes};
  std::shared_ptr<frame_source> producer_;
  std::optional<connection> c_;

  server_deflater server_;
  fuzz::reader peer_;
  std::string wire_;                 // what the server has said, and has not come yet
  std::string received_;             // what has come while the connection was open
  std::optional<exact_copy> input_;  // what came last
  wsx::memory::byte_buffer kept_;    // of an input that was given back
  bool looking_ = false;             // `next` has not said that it needs more
  std::string looked_at_;            // the last event's payload
  std::string given_out_;
  std::string committed_;  // what the transport has to be given next
  std::optional<wsx::close_reason> why_;
  bool was_closed_ = false;
  bool was_over_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  world w(in.byte());
  while (!in.empty()) w.step(in);
  w.compare();
  w.die();
  return 0;
}
