#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/script_error.hpp>

#include <utility>

namespace wsx::testing {
namespace {

// Makes the frames to send from those received.
class echo {
 public:
  explicit echo(std::size_t drop_after) noexcept : left_(drop_after) {}

  // Appends the answer to `out`, and returns whether the connection goes on.
  bool answer(client_frame frame, std::string& out) {
    if (frame.rsv != 0) throw script_error("the client set RSV1 without an extension");
    switch (frame.opcode) {
      case opcodes::ping: out += encode_server_frame(pong_frame(frame.payload)); return true;
      case opcodes::pong: return true;
      case opcodes::close: return answer_close(std::move(frame), out);
      default: return add_fragment(std::move(frame), out);
    }
  }

 private:
  bool answer_close(client_frame frame, std::string& out) {
    out += encode_server_frame({.opcode = opcodes::close, .payload = std::move(frame.payload)});
    return false;
  }

  // RFC 6455 5.4: a message has one or more frames; only the first says its kind.
  bool add_fragment(client_frame frame, std::string& out) {
    if ((frame.opcode == opcodes::continuation) != in_message_) {
      throw script_error("the client sent a " + describe(frame) + " out of order");
    }
    if (!in_message_) message_ = {.opcode = frame.opcode};
    if (message_.payload.size() + frame.payload.size() > max_client_payload) {
      throw script_error("the client sent a message that is too long to be echoed");
    }
    message_.payload += frame.payload;
    in_message_ = !frame.fin;
    if (in_message_) return true;
    out += encode_server_frame(message_);
    return left_ == 0 || --left_ != 0;
  }

  server_frame message_{};
  bool in_message_ = false;
  std::size_t left_;  // messages until the drop; 0: no drop
};

}  // namespace

script echo_script(echo_options options) {
  return [options](server_connection& client) {
    client.set_timeout(options.idle_timeout);
    client.accept();
    echo answers{options.drop_after};
    bool open = true;
    while (open) {
      auto frames = client.read_frames();
      if (frames.empty()) return;
      // All answers in one write, so that the server keeps up with a fast client.
      std::string out;
      for (auto& frame : frames) {
        if (open) open = answers.answer(std::move(frame), out);
      }
      client.send_raw(out);
    }
    client.close();
  };
}

}  // namespace wsx::testing
