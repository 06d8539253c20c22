#include "input.hpp"
#include "reader.hpp"

#include <wsx/bytes.hpp>
#include <wsx/protocol/outbox.hpp>
#include <wsx/protocol/outgoing.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

// Messages of two producers and of callbacks, with control frames between and Close frames behind
// or before, written in bits and over connections that break: what a server that knows nothing of
// the encoder gets on each connection are whole messages, as they were sent. Compressed or not.

namespace {

using namespace wsx::protocol;
using wsx::bytes_view;
using wsx::opcode;

class producer {
 public:
  explicit producer(payloads form) : source(std::make_shared<frame_source>(4096, form)) {}

  void send(fuzz::input& in) {
    const std::string payload(in.byte() * (in.byte() % 16u), static_cast<char>('a' + letter_));
    const bool last = in.choice(3) != 0;
    outgoing_frame frame(wsx::fragment{opcode::text, !in_message_, last, wsx::as_bytes(payload)});
    if (in.choice(4) == 0) frame.head.rsv1 = false;
    fuzz::require(check_.check(frame) == wsx::errc{});
    if (!source->queue.try_push(frame.head, frame.payload)) return;
    check_.commit(frame);
    in_message_ = !last;
    if (last) letter_ = (letter_ + 1) % 26;
  }

  std::shared_ptr<frame_source> source;

 private:
  send_validator check_;
  bool in_message_ = false;
  int letter_ = 0;
};

struct world {
  explicit world(bool deflate)
      : one(deflate ? payloads::unmasked : payloads::masked), deflate_(deflate) {
    box.attach(one.source);
    box.attach(other.source);
    connect();
  }

  void connect() {
    box.reset(false);
    if (deflate_) box.compress({.threshold = 16});
    peer.emplace();
  }

  void write(std::size_t most) {
    const auto batch = box.batch();
    const auto now = batch.first(std::min(batch.size(), most));
    peer->read(wsx::as_chars(now));
    if (!now.empty()) box.wrote(now.size());
  }

  void step(fuzz::input& in) {
    switch (in.choice(10)) {
      case 0:
      case 1: return one.send(in);
      case 2: return other.send(in);
      case 3: {
        const std::string reply(in.byte(), 'r');
        box.stage({.op = opcode::text, .rsv1 = true}, wsx::as_bytes(reply));
        return;
      }
      case 4: return box.set_ping(wsx::as_bytes(in.take(in.byte() % 125u)));
      case 5:
      case 6: return write(1 + in.byte() * 8u);
      case 7: return box.add_pong(wsx::as_bytes(in.take(in.byte() % 125u)));
      case 8: return close(in);
      default: return connect();
    }
  }

  void close(fuzz::input& in) {
    using enum close_order;
    const auto batch = box.compressing() ? bytes_view() : box.batch();
    const std::size_t committed = batch.empty() ? 0 : in.byte() * 4u % batch.size();
    const std::string given(wsx::as_chars(batch.first(committed)));
    box.set_close({wsx::close_code::normal, ""}, in.choice(2) == 0 ? after_queues : after_replies,
                  committed);
    // What the transport has to be given stays.
    if (!given.empty()) fuzz::require(wsx::as_chars(box.batch()).starts_with(given));
  }

  outbox box{100'000};
  producer one;
  producer other{payloads::unmasked};
  std::optional<fuzz::reader> peer;

 private:
  bool deflate_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  world w(in.choice(2) == 0);
  while (!in.empty()) w.step(in);
  return 0;
}
