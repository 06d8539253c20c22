#pragma once

#include "operations.hpp"
#include "stage.hpp"

#include <wsx/wsx.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace fuzz {

/// One that sends through the client itself or, if it has one, through a sender of its own.
class producer {
 public:
  producer(stage& s, std::optional<wsx::sender> own)
      : stage_(&s), number_(s.producers.add_sender()), own_(std::move(own)) {}

  template <class Client>
  void step(Client* client, operations& begun, input& in) {
    if (own_) return act(*own_, begun, in);
    if (client != nullptr) act(*client, begun, in);
  }

  /// Sends the last fragment of a message that has begun.
  template <class Client>
  void finish(Client* client) {
    if (!in_message_) return;
    if (own_) return fragment(*own_, 0, true);
    if (client != nullptr) fragment(*client, 0, true);
  }

  bool in_message() const { return in_message_; }
  bool owns() const { return own_.has_value(); }

 private:
  template <class Through>
  void act(Through& through, operations& begun, input& in) {
    switch (in.choice(8)) {
      case 0: {
        const auto last = in.choice(2) == 0;
        return fragment(through, in.byte(), last);
      }
      case 1: return fragment(through, in.byte(), false);
      case 2: through.try_send(wsx::ping{in.take(in.byte() % 126u)}); return;
      case 3: return send(through, begun, in.byte() * 16u);
      case 4: return send(through, begun, in.byte() * 256u);
      case 5:
        return try_send(
            through, [](const auto& m) { return wsx::uncompressed(m); }, in);
      default:
        return try_send(
            through, [](const auto& m) { return m; }, in);
    }
  }

  template <class Through, class As>
  void try_send(Through& through, As as, input& in) {
    const auto message = next(in.byte());
    std::error_code error;
    if (through.try_send(as(wsx::text{message}), error)) {
      stage_->producers.queued(number_, false);
    } else {
      tally::add("message refused");
    }
  }

  // Part of it may have been written when it fails, and it may have been queued when it is
  // canceled.
  template <class Through>
  void send(Through& through, operations& begun, std::size_t filler) {
    const auto message = next(filler);
    const auto number = stage_->producers.next(number_);
    stage_->producers.queued(number_, false);
    auto failed = [s = stage_, sender = number_, number](std::error_code error) {
      if (error) s->producers.may_be_lost(sender, number);
      tally::add(error ? "send failed" : "send completed");
    };
    through.send(wsx::binary{message}, begun.begin(std::move(failed)));
  }

  // A message in fragments is lost if its connection breaks.
  template <class Through>
  void fragment(Through& through, std::size_t filler, bool last) {
    const auto payload = in_message_ ? std::string(filler, 'x') : next(filler);
    std::error_code error;
    const wsx::fragment f{wsx::opcode::text, !in_message_, last, wsx::as_bytes(payload)};
    if (!through.try_send(f, error)) return refused(error);
    if (!in_message_) stage_->producers.queued(number_, true);
    in_message_ = !last;
    tally::add("fragment sent");
  }

  // The order starts over when a connection has cut a message.
  void refused(std::error_code error) {
    if (error == wsx::errc::fragment_out_of_order) in_message_ = !in_message_;
    tally::add("fragment refused");
  }

  std::string next(std::size_t filler) const {
    return labeled('c', number_, stage_->producers.next(number_), filler);
  }

  stage* stage_;
  std::size_t number_;
  std::optional<wsx::sender> own_;
  bool in_message_ = false;
};

}  // namespace fuzz
