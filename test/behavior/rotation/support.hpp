#pragma once

#include "../support.hpp"

// A client whose connections are replaced after an hour.
namespace rotation_test {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes age{60};

inline wsx::options rotating() {
  return calm().set(&wsx::options::max_connection_age, age);
}

// Greets each connection, and says with each text which connection it came from.
struct numbering {
  lines texts{};
  lines disconnects{};

  wsx::action handle_connect(const wsx::connection_info& info, wsx::session& s) {
    texts.push_back("connected " + std::to_string(info.number));
    CHECK(&s.connection() == &info);
    return wsx::reply("hello");
  }
  wsx::action handle_frame(wsx::text message, wsx::session& s) {
    texts.push_back(std::to_string(s.connection().number) + ": " + std::string(message.payload));
    return wsx::reply("got " + std::string(message.payload));
  }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    disconnects.push_back(wsx::to_string(d.reason.origin));
    return wsx::reconnect();
  }
};

// Ends the connection as a server does that the client closes.
inline void answer_close(memory_peer& peer, asio::io_context& io) {
  peer.write(close_frame(1000));
  peer.close();
  poll(io);
}

// The new connection is open, and waits for the end of a message that a sender has begun.
struct held_rotation {
  memory_peer old;
  wsx::sender one;
  memory_peer next;
};

template <class Fixture>
held_rotation hold_rotation(Fixture& f, std::string_view begun = "unfinished") {
  memory_peer old = f.open();
  auto one = f.client->make_sender();
  CHECK(one.try_send(begins(begun)));
  poll(f.io);
  f.let_pass(age);
  memory_peer next = f.next_open();
  return {std::move(old), std::move(one), std::move(next)};
}

template <class Fixture>
void say(Fixture& f, memory_peer& peer, std::string_view text) {
  peer.write(text_frame(text));
  poll(f.io);
}

}  // namespace rotation_test
