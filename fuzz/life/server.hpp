#pragma once

#include "stage.hpp"

#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/memory_transport.hpp>
#include <wsx/testing/server_deflate.hpp>
#include <wsx/testing/server_handshake.hpp>

#include <asio/error.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace fuzz {

/// The server's end of one connection: does what the input says. What it reads has to be what
/// RFC 6455 and 7692 allow; the testing kit, which decodes it, throws otherwise.
class server {
 public:
  server(wsx::testing::memory_peer peer, stage& s)
      : peer_(std::move(peer)), stage_(&s), number_(s.with.size()) {
    s.with.emplace_back();
  }

  /// Reads what the client has written.
  void read() {
    unread_ += peer_.take_written();
    std::string_view left = unread_;
    if (!request_) read_request(left);
    if (accepted_) {
      while (const auto frame = wsx::testing::decode_client_frame(left)) take(*frame);
    }
    unread_.erase(0, unread_.size() - left.size());
  }

  /// Does what a good server does: accepts, answers pings and, if `closes`, a Close frame. Returns
  /// whether there was anything to do.
  bool be_polite(bool closes) {
    if (request_ && !answered_) {
      accept(stage_->in.choice(2) == 1);
      return true;
    }
    if (!std::exchange(pinged_, false)) return closes && answer_close();
    if (!close_sent_ && !said().garbled) peer_.write(wsx::testing::pong_frame(ping_));
    return true;
  }

  void step(input& in) {
    switch (in.choice(16)) {
      case 0: return answer(in);
      case 1: {
        const auto bytes = in.byte();
        return peer_.allow_write(bytes < 200 ? bytes : wsx::testing::memory_peer::unlimited);
      }
      case 2: return peer_.limit_read(8 + in.choice(200));
      case 3: return peer_.limit_write(8 + in.choice(200));
      case 4: return peer_.write(wsx::testing::ping_frame(in.take(in.byte() % 126u)));
      case 5:
        if (in.choice(2) == 1) close(in);
        return;
      case 6:
        if (in.choice(2) == 1) fail(in);
        return;
      case 7:
        if (in.choice(4) == 3) garble(in);
        return;
      case 8: answer_close(); return;
      case 9:
      case 10:
      case 11: return say_pieces(in);
      default: return say(in);
    }
  }

  /// Lets everything through.
  void unlimit() {
    peer_.allow_write(wsx::testing::memory_peer::unlimited);
    peer_.limit_write(wsx::testing::memory_peer::unlimited);
    peer_.limit_read(wsx::testing::memory_peer::unlimited);
  }

  bool client_closed() const { return peer_.client_closed(); }

  /// Whether the client would have closed this connection, or found it broken, by now, unless it
  /// uses it.
  bool in_use() const {
    return accepted_ && !broken_ && !close_sent_ && !close_ && !said().garbled &&
           !peer_.client_closed();
  }

  /// Whether the handler must have heard everything: what is in flight when a connection is
  /// replaced, too.
  bool complete() const {
    const bool replaced = close_ && *close_ == std::string_view("\x03\xe8");
    const bool due = accepted_ && !broken_ && !said().garbled && !said().spoiled &&
                     (!close_ || replaced) && !peer_.client_closed();
    if (due && replaced) tally::add("replaced connection checked");
    return !due || said().heard == said().said;
  }

 private:
  conversation& said() const { return stage_->with[number_]; }

  void read_request(std::string_view& left) {
    request_ = wsx::testing::parse_request(left);
    if (request_) wsx::testing::check_upgrade_request(*request_);
  }

  void answer(input& in) {
    if (!request_ || answered_) return;
    switch (in.choice(8)) {
      case 0:
        answered_ = broken_ = true;
        return peer_.write("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\n" +
                           std::string(in.choice(4), 'n'));
      case 1: answered_ = broken_ = true; return peer_.write(in.take(in.byte()));
      default: return accept(in.choice(2) == 1);
    }
  }

  void accept(bool compresses) {
    wsx::testing::accept_options options;
    options.headers.push_back({"X-Server", std::to_string(number_)});
    compressed_ = compresses && request_->find("Sec-WebSocket-Extensions") != nullptr;
    if (compressed_) options.headers.push_back({"Sec-WebSocket-Extensions", "permessage-deflate"});
    peer_.write(wsx::testing::make_accept_response(*request_, options));
    answered_ = accepted_ = true;
  }

  // A whole message, if none is in pieces.
  void say(input& in) {
    const auto how = in.byte();
    if (!may_say() || !rest_.empty()) return;
    auto payload = next_message(how);
    ++said().said;
    write(how, std::move(payload), true);
  }

  // The next piece of a message, in one to three pieces.
  void say_pieces(input& in) {
    const auto how = in.byte();
    if (!may_say()) return;
    const bool first = rest_.empty();
    if (first) {
      auto payload = next_message(how);
      rsv_ = compresses(how) ? wsx::testing::rsv1 : std::uint8_t(0);
      rest_ = rsv_ != 0 ? deflater_.message(payload) : payload;
    }
    const bool last = rest_.size() < 2 || (!first && (how & 1) != 0);
    const auto size = last ? rest_.size() : rest_.size() / 2;
    wsx::testing::server_frame frame{.payload = rest_.substr(0, size), .fin = last};
    frame.opcode = first ? wsx::testing::opcodes::binary : wsx::testing::opcodes::continuation;
    if (first) frame.rsv = rsv_;
    rest_.erase(0, size);
    if (last) ++said().said;
    peer_.write(frame);
  }

  bool may_say() const { return accepted_ && !close_sent_; }
  bool compresses(std::uint8_t how) const { return compressed_ && (how & 2) != 0; }

  std::string next_message(std::uint8_t how) const {
    return labeled('m', number_, said().said + 1, (how >> 4) * ((how & 8) != 0 ? 300u : 1u));
  }

  void write(std::uint8_t how, std::string payload, bool fin) {
    wsx::testing::server_frame frame{.fin = fin};
    if ((how & 4) != 0) frame.opcode = wsx::testing::opcodes::binary;
    if (compresses(how)) frame.rsv = wsx::testing::rsv1;
    frame.payload = compresses(how) ? deflater_.message(payload) : std::move(payload);
    peer_.write(frame);
  }

  void close(input& in) {
    if (!may_say()) return;
    close_sent_ = true;
    peer_.write(wsx::testing::close_frame(static_cast<std::uint16_t>(1000 + in.choice(4)), "bye"));
    if (in.choice(2) == 1) peer_.close();
  }

  // Answers the client's Close, and ends TCP.
  bool answer_close() {
    if (!close_ || std::exchange(ended_, true)) return false;
    if (!std::exchange(close_sent_, true)) peer_.write(wsx::testing::close_frame(1000));
    peer_.close();
    return true;
  }

  void garble(input& in) {
    said().garbled = true;
    peer_.write(in.take(in.byte()));
  }

  void fail(input& in) {
    static const std::array<std::error_code, 4> errors{
        make_error_code(asio::error::connection_reset), make_error_code(asio::error::broken_pipe),
        make_error_code(asio::error::timed_out), make_error_code(asio::error::eof)};
    const auto error = errors[in.choice(errors.size())];
    broken_ = true;
    tally::add("connection broken");
    switch (in.choice(4)) {
      case 0: return peer_.fail_reads(error);
      case 1: return peer_.fail_writes(error);
      case 2: return peer_.fail_reads_at(peer_.bytes_read() + in.byte(), error);
      default: return peer_.fail_writes_at(peer_.bytes_written() + in.byte(), error);
    }
  }

  void take(const wsx::testing::client_frame& frame) {
    using namespace wsx::testing;
    require(!close_);  // RFC 6455 5.5.1: nothing follows a Close frame
    if (frame.opcode >= opcodes::close) return take_control(frame);
    require((frame.opcode == opcodes::continuation) == in_message_);
    require(frame.rsv == 0 || (compressed_ && !in_message_));
    if (!in_message_) inflates_ = frame.rsv != 0;
    message_ += frame.payload;
    in_message_ = !frame.fin;
    if (in_message_) return;
    if (inflates_) message_ = inflater_.message(message_);
    take_message(std::exchange(message_, {}));
  }

  void take_control(const wsx::testing::client_frame& frame) {
    require(frame.rsv == 0);
    if (frame.opcode == wsx::testing::opcodes::close) {
      close_ = frame.payload.substr(0, 2);
      tally::add("client sent Close");
    }
    if (frame.opcode != wsx::testing::opcodes::ping) return;
    pinged_ = true;
    ping_ = frame.payload;
  }

  void take_message(const std::string& message) {
    if (message == "heartbeat") return;
    const auto read = read_label(message);
    if (read.kind == 'c') return stage_->producers.arrived(read.who, read.number);
    require(read.kind == 'r' && read.number > last_reply_ && read.number <= stage_->replies);
    last_reply_ = read.number;
  }

  wsx::testing::memory_peer peer_;
  stage* stage_;
  std::size_t number_;
  std::optional<wsx::testing::http_request> request_{};
  wsx::testing::server_deflater deflater_{};
  wsx::testing::server_inflater inflater_{};
  std::string unread_{}, message_{}, ping_{};
  std::string rest_{};                  // of a message that is sent in pieces
  std::uint8_t rsv_ = 0;                // of its first frame
  std::optional<std::string> close_{};  // the client's: its code
  std::size_t last_reply_ = 0;
  bool answered_ = false, accepted_ = false, compressed_ = false;
  bool broken_ = false, close_sent_ = false, ended_ = false;
  bool in_message_ = false, inflates_ = false, pinged_ = false;
};

}  // namespace fuzz
