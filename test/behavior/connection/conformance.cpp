#include "../../common/noise.hpp"
#include "../support.hpp"

#include <wsx/testing/server_deflate.hpp>

#include <algorithm>
#include <array>
#include <string_view>

// What a conformance suite asks of an echoing client, in bulk: sizes, fragments, cuts and text,
// from the bytes of the server to those of the client.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using common_test::noise;

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

struct echo {
  wsx::action handle_frame(wsx::text t) { return wsx::reply(t); }
  wsx::action handle_frame(wsx::binary b) { return wsx::reply(b); }
};

std::string in_fragments(std::string_view message, std::size_t size, std::uint8_t rsv = 0) {
  server_frame frame{.opcode = opcodes::binary, .fin = false, .rsv = rsv};
  std::string wire;
  for (; message.size() > size; message.remove_prefix(size)) {
    frame.payload = message.substr(0, size);
    wire += encode_server_frame(frame);
    frame.opcode = opcodes::continuation;
    frame.rsv = 0;
  }
  frame.payload = message;
  frame.fin = true;
  return wire + encode_server_frame(frame);
}

// An open connection whose client echoes.
struct fixture : client_fixture<echo> {
  explicit fixture(wsx::options options = calm(), const accept_options& answer = {})
      : client_fixture<echo>({}, std::move(options)), peer(dial()) {
    peer.accept(answer);
    poll(io);
  }

  void write(std::string_view bytes) {
    peer.write(bytes);
    poll(io);
  }

  // One message came back, and nothing else.
  bool echoed(std::uint8_t opcode, std::string_view payload) {
    const auto frame = peer.take_frame();
    return frame && frame->opcode == opcode && frame->fin && frame->payload == payload &&
           !peer.take_frame();
  }

  memory_peer peer;
};

// From tables 3-6 and 3-7 of the Unicode standard: the first and the last of each row.
constexpr std::array<std::string_view, 18> well_formed{"\x01",
                                                       "\x7f",
                                                       "\xc2\x80",
                                                       "\xdf\xbf",
                                                       "\xe0\xa0\x80",
                                                       "\xe0\xbf\xbf",
                                                       "\xe1\x80\x80",
                                                       "\xec\xbf\xbf",
                                                       "\xed\x80\x80",
                                                       "\xed\x9f\xbf",
                                                       "\xee\x80\x80",
                                                       "\xef\xbf\xbf",
                                                       "\xf0\x90\x80\x80",
                                                       "\xf0\xbf\xbf\xbf",
                                                       "\xf1\x80\x80\x80",
                                                       "\xf3\xbf\xbf\xbf",
                                                       "\xf4\x80\x80\x80",
                                                       "\xf4\x8f\xbf\xbf"};

// Beside the rows, and too long or too short for them.
constexpr std::array<std::string_view, 26> ill_formed{"\x80",
                                                      "\xbf",
                                                      "\xc0\x80",
                                                      "\xc1\xbf",
                                                      "\xc2\x7f",
                                                      "\xc2\xc0",
                                                      "\xdf\xbf\x80",
                                                      "\xe0\x80\x80",
                                                      "\xe0\x9f\xbf",
                                                      "\xe1\x80\x7f",
                                                      "\xec\x80\xc0",
                                                      "\xed\xa0\x80",
                                                      "\xed\xbf\xbf",
                                                      "\xef\x7f\xbf",
                                                      "\xf0\x80\x80\x80",
                                                      "\xf0\x8f\xbf\xbf",
                                                      "\xf1\x80\x80\x7f",
                                                      "\xf3\x80\xc0\x80",
                                                      "\xf4\x90\x80\x80",
                                                      "\xf5\x80\x80\x80",
                                                      "\xf8\x88\x80\x80\x80",
                                                      "\xfc\x84\x80\x80\x80\x80",
                                                      "\xfe",
                                                      "\xff",
                                                      "\xe2\x82(",
                                                      "\xf0\x9f\x90("};

// Each way to cut `text` in two, or in as many pieces as it has bytes: as frames of a message.
std::vector<std::string> cut_everywhere(std::string_view text) {
  std::vector<std::string> wires{in_fragments(text, 1)};
  for (std::size_t at = 0; at <= text.size(); ++at) {
    server_frame first = binary_frame(text.substr(0, at));
    first.fin = false;
    wires.push_back(encode_server_frame(first) +
                    encode_server_frame(continuation_frame(text.substr(at), true)));
  }
  for (auto& wire : wires) wire[0] = static_cast<char>(wire[0] & 0xf0) | opcodes::text;
  return wires;
}

}  // namespace

TEST_SUITE("behavior/connection/conformance") {
  TEST_CASE("every size up to the third form of the length, both kinds, also byte by byte") {
    for (const std::size_t chop : {memory_peer::unlimited, std::size_t{1}}) {
      fixture f;
      f.peer.limit_read(chop);
      f.peer.limit_write(chop == 1 ? 3 : chop);
      for (const std::size_t size :
           {0u, 1u, 16u, 124u, 125u, 126u, 127u, 128u, 65'535u, 65'536u, 65'537u}) {
        CAPTURE(size);
        const std::string payload(size, 'x');
        f.write(encode_server_frame(text_frame(payload)));
        CHECK(f.echoed(opcodes::text, payload));
        f.write(encode_server_frame(binary_frame(noise(size))));
        CHECK(f.echoed(opcodes::binary, noise(size)));
      }
    }
  }

  TEST_CASE("16 MiB in one frame, and in fragments of 64 bytes to 4 MiB") {
    auto options = calm();
    options.max_fragments = 16 * mib / 64;  // by default half as many
    fixture f(options);
    const auto message = noise(16 * mib);
    for (std::size_t size = 64; size <= 16 * mib; size *= 4) {
      CAPTURE(size);
      f.write(in_fragments(message, size));
      CHECK(f.echoed(opcodes::binary, message));
    }
  }

  TEST_CASE("16 MiB, compressed, in one frame and in fragments") {
    auto options = calm();
    options.max_fragments = 2 * 16 * mib / 64;
    options.deflate = {.level = 1, .threshold = 16 * mib + 1};  // the echo is not the point
    fixture f(options, {.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}}});
    const auto message = noise(16 * mib);
    server_deflater out(15, 1);
    for (std::size_t size = 64; size <= 16 * mib; size *= 16) {
      CAPTURE(size);
      f.write(in_fragments(out.message(message), size, rsv1));
      CHECK(f.echoed(opcodes::binary, message));
    }
  }

  TEST_CASE("thousands of small messages at once") {
    for (const std::size_t size : {0u, 16u, 64u, 256u, 1024u, 4096u}) {
      CAPTURE(size);
      fixture f;
      std::string wire;
      for (int i = 0; i < 3000; ++i)
        wire += encode_server_frame(text_frame(std::string(size, static_cast<char>('a' + i % 26))));
      f.write(wire);
      int came = 0;
      for (; const auto frame = f.peer.take_frame(); ++came)
        REQUIRE(frame->payload == std::string(size, static_cast<char>('a' + came % 26)));
      CHECK(came == 3000);
    }
  }

  TEST_CASE("each compressed size, in each window, with takeover and without") {
    for (int bits = 9; bits <= 15; ++bits) {
      for (const bool takeover : {true, false}) {
        CAPTURE(bits);
        CAPTURE(takeover);
        const auto window = std::to_string(bits);
        const std::string no_takeover =
            takeover ? "" : "; server_no_context_takeover; client_no_context_takeover";
        auto options = calm();
        options.deflate = {.server_max_window_bits = bits, .client_max_window_bits = bits};
        options.deflate->server_no_context_takeover = !takeover;
        options.deflate->client_no_context_takeover = !takeover;
        options.deflate->threshold = 0;
        fixture f(options, {.headers = {{"Sec-WebSocket-Extensions",
                                         "permessage-deflate; server_max_window_bits=" + window +
                                             "; client_max_window_bits=" + window + no_takeover}}});
        server_deflater out(bits);
        server_inflater in(bits);
        for (std::size_t size = 16; size <= 128 * kib; size *= 2) {
          CAPTURE(size);
          std::string message = noise(size / 2);
          message += message;
          f.write(in_fragments(out.message(message), size / 3, rsv1));
          const auto frame = f.peer.take_frame();
          REQUIRE(frame);
          // What is compressed may leave in several frames.
          std::string payload = frame->payload;
          for (bool last = frame->fin; !last;) {
            const auto next = f.peer.take_frame();
            REQUIRE(next);
            payload += next->payload;
            last = next->fin;
          }
          CHECK(frame->rsv == rsv1);
          CHECK(in.message(payload) == message);
          if (takeover) continue;
          out.reset();
          in.reset();
        }
      }
    }
  }

  TEST_CASE("well-formed text comes back, wherever it is cut") {
    fixture f;
    for (const auto text : well_formed) {
      CAPTURE(text);
      const auto between = "a" + std::string(text) + "z" + std::string(text);
      for (const auto& wire : cut_everywhere(between)) {
        for (const char byte : wire) f.write({&byte, 1});
        REQUIRE(f.echoed(opcodes::text, between));
      }
    }
  }

  TEST_CASE("ill-formed text is answered with 1007, wherever it is cut") {
    for (const auto text : ill_formed) {
      CAPTURE(text);
      for (const auto& wire : cut_everywhere("a" + std::string(text) + "z")) {
        fixture f;
        f.write(wire);
        const auto frame = f.peer.take_frame();
        REQUIRE(frame);
        REQUIRE(frame->opcode == opcodes::close);
        REQUIRE(frame->payload.substr(0, 2) == "\x03\xef");
        REQUIRE(!f.peer.take_frame());
      }
    }
  }

  TEST_CASE("a wrong byte is answered when it has come, before the frame has") {
    for (const auto text : ill_formed) {
      CAPTURE(text);
      fixture f;
      auto frame = text_frame("a" + std::string(text) + "z");
      frame.declared_length = 1000;
      const auto wire = encode_server_frame(frame);
      f.write(wire);
      const auto close = f.peer.take_frame();
      REQUIRE(close);
      CHECK(close->opcode == opcodes::close);
    }
  }
}
