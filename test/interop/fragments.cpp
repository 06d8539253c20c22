#include "test_client.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace {

constexpr int pieces = 50;

// What the servers can be told to send in pieces.
constexpr std::pair<std::string_view, wsx::opcode> kinds[] = {{"text", wsx::opcode::text},
                                                              {"binary", wsx::opcode::binary}};

std::string numbers(int count) {
  std::string s;
  for (int i = 0; i < count; ++i) s += std::to_string(i) + ";";
  return s;
}

// Keeps a message's pieces as they come, and how they were marked.
struct fragment_recorder {
  inbox* in;

  void handle_fragment(wsx::fragment f) {
    const std::string marks = std::string(f.first ? "first " : "") + (f.last ? "last " : "");
    in->push_back({f.op, marks + std::string(wsx::as_chars(f.payload))});
  }
};

// Whether such a piece was the message's last; takes the marks away.
bool unmark(received& piece, bool first) {
  const auto take = [&](std::string_view mark) {
    const bool marked = piece.payload.starts_with(mark);
    if (marked) piece.payload.erase(0, mark.size());
    return marked;
  };
  CHECK(take("first ") == first);
  return take("last ");
}

}  // namespace

TEST_SUITE("interop/fragments: RFC 6455 5.4") {
  TEST_CASE("a message sent in pieces arrives whole") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      for (const auto op : {wsx::opcode::text, wsx::opcode::binary}) {
        const auto before = client.stats().frames_sent;
        for (int i = 0; i < pieces; ++i) {
          const auto piece = std::to_string(i) + ";";
          client.send(wsx::fragment{op, i == 0, i == pieces - 1, wsx::as_bytes(piece)});
        }
        CHECK(client.next() == received{op, numbers(pieces)});
        CHECK(client.stats().frames_sent == before + pieces);
      }
    });
  }

  TEST_CASE("a ping between the pieces of a message is answered") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      client.send(wsx::fragment{wsx::opcode::text, true, false, wsx::as_bytes("a")});
      client.send(wsx::ping{"between"});
      CHECK(client.next() == received{wsx::opcode::pong, "between"});
      client.send(wsx::fragment{wsx::opcode::text, false, true, wsx::as_bytes("b")});
      CHECK(client.next() == received{wsx::opcode::text, "ab"});
    });
  }

  TEST_CASE("a message that the server sends in pieces is assembled") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      for (const auto& [kind, op] : kinds) {
        client.send_text("!fragment 50 " + std::string(kind));
        CHECK(client.next() == received{op, numbers(pieces)});
      }
      CHECK(client.ask("after") == "after");
      CHECK(client.stats().messages_received == 3);
    });
  }

  TEST_CASE("a handler of fragments gets the pieces in order") {
    with_each_echo_server([](const server& s) {
      test_client<fragment_recorder> client{s};
      for (const auto& [kind, op] : kinds) {
        client.send_text("!fragment 50 " + std::string(kind));
        std::string whole;
        bool last = false;
        for (int count = 0; !last; ++count) {
          auto piece = client.next();
          CHECK(piece.op == op);
          last = unmark(piece, count == 0);
          whole += piece.payload;
        }
        CHECK(whole == numbers(pieces));
      }
    });
  }
}
