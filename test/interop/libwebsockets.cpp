#include "test_client.hpp"

#include <cstddef>
#include <string>

// How the mirror of libwebsockets-test-server echoes: see README.md.
namespace {

constexpr auto counting = "dumb-increment-protocol";
constexpr auto mirroring = "lws-mirror-protocol";

constexpr std::size_t sizes[] = {0, 1, 125, 126, 65'535, 65'536, 16 * 1024 * 1024};

// This server's subprotocols are its services.
wsx::request service_of(const server& s, std::string subprotocol) {
  return wsx::request(s.url).subprotocol(std::move(subprotocol));
}

// A client of one service.
struct service_client : test_client<> {
  service_client(const server& s, std::string subprotocol,
                 const wsx::options& options = trusting_options())
      : test_client(options) {
    connect(service_of(s, std::move(subprotocol)));
  }
};

template <class Test>
void with_each_front(Test test) {
  with_each_of({"LWS_WS", "LWS_WSS"}, test);
}

// ASCII, so that it is text wherever the mirror cuts it, that repeats late.
std::string numbers(std::size_t size) {
  std::string s;
  for (int i = 0; s.size() < size; ++i) s += std::to_string(i) + ";";
  s.resize(size);
  return s;
}

// So many bytes, in as many messages as the mirror makes of them.
std::string mirrored(test_client<>& client, std::size_t size) {
  std::string s;
  do {
    const auto piece = client.next();
    CHECK(piece.op == wsx::opcode::text);
    s += piece.payload;
  } while (s.size() < size);
  return s;
}

}  // namespace

TEST_SUITE("interop/libwebsockets") {
  TEST_CASE("it counts, and starts again when it is told") {
    with_each_front([](const server& s) {
      service_client client{s, counting};
      for (int i = 0; i < 5; ++i) {
        CHECK(client.next() == received{wsx::opcode::text, std::to_string(i)});
      }
      client.send_text("reset\n");
      while (client.next().payload != "0") {}
      CHECK(client.next().payload == "1");
    });
  }

  TEST_CASE("it mirrors text to all of its clients") {
    with_each_front([](const server& s) {
      service_client sender{s, mirroring};
      service_client other{s, mirroring};
      sender.send_text("hello mirror");
      CHECK(sender.next() == received{wsx::opcode::text, "hello mirror"});
      CHECK(other.next() == received{wsx::opcode::text, "hello mirror"});
    });
  }

  TEST_CASE("text of every size is mirrored as it went") {
    with_each_front([](const server& s) {
      service_client client{s, mirroring};
      for (const auto size : sizes) {
        const auto sent = numbers(size);
        client.send(wsx::text{sent});
        CHECK(received{wsx::opcode::text, mirrored(client, size)} ==
              received{wsx::opcode::text, sent});
      }
    });
  }

  TEST_CASE("binary of every size is mirrored as text") {
    with_each_front([](const server& s) {
      service_client client{s, mirroring};
      for (const auto size : sizes) {
        const auto sent = numbers(size);
        client.send(wsx::binary{std::string_view(sent)});
        CHECK(received{wsx::opcode::text, mirrored(client, size)} ==
              received{wsx::opcode::text, sent});
      }
    });
  }

  TEST_CASE("the pieces of a message are mirrored in their order, with a ping between them") {
    with_each_front([](const server& s) {
      service_client client{s, mirroring};
      for (const auto op : {wsx::opcode::text, wsx::opcode::binary}) {
        for (std::size_t size = 100; size <= 150; ++size) {
          const auto piece = numbers(size);
          client.send(wsx::fragment{op, size == 100, size == 150, wsx::as_bytes(piece)});
          CHECK(mirrored(client, piece.size()) == piece);
          client.send(wsx::ping{"between"});
          CHECK(client.next() == received{wsx::opcode::pong, "between"});
        }
      }
    });
  }

  TEST_CASE("many messages in flight are mirrored in their order") {
    with_each_front([](const server& s) {
      service_client client{s, mirroring};
      std::string sent;
      for (int i = 0; i < 2000; ++i) {
        const auto message = std::to_string(i) + ";";
        client.send_text(message);
        sent += message;
      }
      CHECK(mirrored(client, sent.size()) == sent);
    });
  }

  TEST_CASE("it answers pings") {
    with_each_front([](const server& s) {
      service_client client{s, mirroring};
      for (const auto& payload : {std::string(), std::string("are you there?"),
                                  std::string(wsx::max_control_payload, 'p')}) {
        client.send(wsx::ping{payload});
        CHECK(client.next() == received{wsx::opcode::pong, payload});
      }
    });
  }

  TEST_CASE("it echoes the code of the client's Close") {
    with_each_front([](const server& s) {
      service_client client{s, mirroring};
      client.close(wsx::close_code{4001}, "good bye");
      const auto reason = client.join();
      CHECK(reason.origin == wsx::close_origin::local);
      CHECK(reason.received == wsx::close_code{4001});
      CHECK(reason.clean);
    });
  }

  TEST_CASE("a Close without a code is a normal end") {
    with_each_front([](const server& s) {
      service_client client{s, mirroring};
      client.close();
      const auto reason = client.join();
      CHECK(reason.normal());
      CHECK(reason.clean);
    });
  }

  TEST_CASE("it closes when it is told") {
    with_each_front([](const server& s) {
      service_client client{s, counting};
      client.send_text("closeme\n");
      const auto reason = client.join();
      CHECK(reason.origin == wsx::close_origin::remote);
      CHECK(reason.received == wsx::close_code::going_away);
      CHECK(reason.text == "seeya");
      CHECK(reason.clean);
    });
  }

  TEST_CASE("it hangs up on a subprotocol that it does not know") {
    with_each_of({"LWS_WS"}, [](const server& s) {
      const auto e = refusal(service_of(s, "unheard.of"));
      CHECK(e.code() == wsx::errc::handshake_dropped);
      CHECK(e.diagnostics().http_status == 0);
    });
    with_each_of({"LWS_WSS"}, [](const server& s) {
      const auto e = refusal(service_of(s, "unheard.of"));
      CHECK(e.code() == wsx::errc::refused_for_now);
      CHECK(e.diagnostics().http_status == 502);  // in the words of the front
    });
  }

  TEST_CASE("it is killed while a connection is open") {
    with_each_of({"LWS_DOOMED_WS", "LWS_DOOMED_WSS"}, [](const server& s) {
      service_client client{s, mirroring};
      client.send_text("alive");
      CHECK(client.next() == received{wsx::opcode::text, "alive"});
      kill_server(s);
      check_dropped(client);
      CHECK_THROWS_AS(test_client{s}, wsx::system_error);
    });
  }

  // Debian builds it without extensions.
  TEST_CASE("compression that it has not: everything goes as it is") {
    with_each_front([](const server& s) {
      auto options = trusting_options();
      options.deflate = wsx::deflate_options{.threshold = 0};
      service_client client{s, mirroring, options};
      const std::string payload(4000, 'x');
      client.send_text(payload);
      CHECK(mirrored(client, payload.size()) == payload);
      CHECK(client.stats().bytes_sent > payload.size());
      CHECK(client.stats().bytes_received > payload.size());
    });
  }
}
