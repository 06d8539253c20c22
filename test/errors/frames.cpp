#include "report.hpp"

// What a server sends on an open connection that RFC 6455, or a limit, forbids.

namespace errors_test {

namespace {

using namespace loopback_test;
using namespace wsx::testing;

template <class Handler = recorder>
ending receives(const std::string& bytes, wsx::options options = calm(),
                const accept_options& accepted = {}) {
  scripted_server server{[&](server_connection& client) {
    client.accept(accepted);
    client.send_raw(bytes);
    client.wait_eof();
  }};
  options.close_timeout = std::chrono::milliseconds(50);
  test_client<Handler> client{{}, options};
  client.open(server);
  return client.join();
}

ending receives(const server_frame& frame, const wsx::options& options = calm()) {
  return receives<>(encode_server_frame(frame), options);
}

struct texts_only {
  void handle_frame(wsx::text) {}
};

server_frame frame(std::uint8_t opcode, std::string payload = "x") {
  server_frame f;
  f.opcode = opcode;
  f.payload = std::move(payload);
  return f;
}

void violations(report& to) {
  to.section("Frames that RFC 6455 forbids");
  auto reserved = text_frame("x");
  reserved.rsv = rsv2;
  to.add("a reserved bit", receives(reserved));
  to.add("a reserved opcode", receives(frame(0x3)));
  auto masked = text_frame("x");
  masked.mask = mask_key{1, 2, 3, 4};
  to.add("a masked frame", receives(masked));
  auto divided = ping_frame("x");
  divided.fin = false;
  to.add("a ping in fragments", receives(divided));
  to.add("a ping with 126 bytes", receives(ping_frame(std::string(126, 'x'))));
  auto padded = text_frame("x");
  padded.form = length_form::bits_16;
  to.add("a length not in its shortest form", receives(padded));
  auto huge = text_frame("x");
  huge.form = length_form::bits_64;
  huge.declared_length = ~std::uint64_t{0};
  to.add("a length with its top bit set", receives(huge));
  to.add("a continuation of nothing", receives(continuation_frame("x", true)));
  auto first = text_frame("x");
  first.fin = false;
  to.add("a message within a message",
         receives<>(encode_server_frame(first) + encode_server_frame(text_frame("y"))));
  to.add("a Close with 1 byte", receives(frame(opcodes::close, "x")));
  to.add("a Close with the code 1005", receives(close_frame(1005)));
  to.add("a Close with the code 999", receives(close_frame(999)));
  to.add("text that is not UTF-8", receives(text_frame("a\xff")));
  to.add("a close reason that is not UTF-8", receives(close_frame(1000, "a\xff")));
  auto deflating = calm();
  deflating.deflate = wsx::deflate_options();
  auto garbage = binary_frame("\xff\xff\xff\xff");
  garbage.rsv = rsv1;
  accept_options agreed;
  agreed.headers.push_back({"Sec-WebSocket-Extensions", "permessage-deflate"});
  to.add("what can't be inflated", receives<>(encode_server_frame(garbage), deflating, agreed));
  to.add("a binary message for a handler of text",
         receives<texts_only>(encode_server_frame(binary_frame("x"))));
}

void limits(report& to) {
  to.section("Limits");
  auto small = calm();
  small.max_message_size = 100;
  auto half = binary_frame(std::string(80, 'x'));
  half.fin = false;
  to.add("a message over max_message_size",
         receives<>(encode_server_frame(half) +
                        encode_server_frame(continuation_frame(std::string(80, 'x'), true)),
                    small));
  auto narrow = calm();
  narrow.max_frame_size = 100;
  auto large = binary_frame("x");
  large.form = length_form::bits_64;
  large.declared_length = std::uint64_t{1} << 40;
  to.add("a frame over max_frame_size", receives(large, narrow));
  auto few = calm();
  few.max_fragments = 1;
  auto first = text_frame("x");
  first.fin = false;
  to.add("more than max_fragments",
         receives<>(encode_server_frame(first) + encode_server_frame(continuation_frame("x", true)),
                    few));
}

}  // namespace

void frames(report& to) {
  violations(to);
  limits(to);
}

}  // namespace errors_test
