#include "support.hpp"

#include <wsx/sender.hpp>

// What becomes of frames that are sent while a connection is replaced.

namespace {

using namespace rotation_test;

}  // namespace

TEST_SUITE("behavior/rotation/sending") {
  TEST_CASE("frames that wait go to the new connection, each once") {
    client_fixture<numbering> f({}, rotating());
    memory_peer old = f.open();
    old.discard_written();
    old.allow_write(5);  // within the first frame
    for (int i = 0; i < 4; ++i) CHECK(f.client->try_send(wsx::text{"frame " + std::to_string(i)}));
    poll(f.io);
    f.let_pass(age);
    memory_peer next = f.next_open();
    CHECK(frames_of(next) == lines{"text \"hello\""});
    CHECK(f.client->try_send(wsx::text{"one more"}));
    outcome flushed;
    f.client->flush(flushed.token());
    poll(f.io);
    CHECK(frames_of(next).empty());
    CHECK(!flushed.done());
    old.allow_write(memory_peer::unlimited);
    poll(f.io);
    lines all = frames_of(old);
    REQUIRE(!all.empty());
    CHECK(all.back() == "close 1000 \"\"");
    all.pop_back();
    CHECK(all.size() >= 1);  // the frame that was begun, and those of its batch
    for (const auto& frame : frames_of(next)) all.push_back(frame);
    CHECK(all == lines{"text \"frame 0\"", "text \"frame 1\"", "text \"frame 2\"",
                       "text \"frame 3\"", "text \"one more\""});
    CHECK(flushed.ok());
  }

  TEST_CASE("a message in fragments ends where it has begun") {
    client_fixture<numbering> f({}, rotating());
    memory_peer old = f.open();
    auto one = f.client->make_sender();
    auto other = f.client->make_sender();
    CHECK(one.try_send(begins("one ")));
    poll(f.io);
    old.discard_written();
    f.let_pass(age);
    memory_peer next = f.next_open();
    next.discard_written();
    CHECK(other.try_send(wsx::text{"other"}));
    poll(f.io);
    CHECK(frames_of(old).empty());
    CHECK(frames_of(next).empty());
    say(f, old, "a");  // both connections are read meanwhile
    say(f, next, "b");
    CHECK(f.handler().texts.back() == "2: b");
    CHECK(frames_of(next) == lines{"text \"got b\""});
    CHECK(one.try_send(ends("message")));
    CHECK(one.try_send(wsx::text{"and another"}));
    poll(f.io);
    CHECK(frames_of(old) == lines{"continuation \"message\"", "text \"got a\"", "close 1000 \"\""});
    CHECK(frames_of(next) == lines{"text \"other\"", "text \"and another\""});
  }

  TEST_CASE("fragments that are queued, but not begun, go to the new one") {
    for (const bool drops : {false, true}) {
      CAPTURE(drops);
      auto o = rotating().set(&wsx::options::drop_unsent_on_disconnect, drops);
      client_fixture<numbering> f({}, o);
      memory_peer old = f.open();
      old.discard_written();
      old.allow_write(3);
      CHECK(f.client->try_send(wsx::text{std::string(300'000, 'x')}));
      poll(f.io);
      CHECK(f.client->try_send(begins("one ")));
      poll(f.io);
      f.let_pass(age);
      memory_peer next = f.next_open();
      next.discard_written();
      old.allow_write(memory_peer::unlimited);
      poll(f.io);
      CHECK(frames_of(old).size() == 2);
      CHECK(frames_of(next) == lines{"text \"one \" without FIN"});
      CHECK(f.client->try_send(ends("message")));
      poll(f.io);
      CHECK(frames_of(next) == lines{"continuation \"message\""});
    }
  }

  TEST_CASE("a send that waits is completed by the new connection") {
    client_fixture<numbering> f({}, rotating().set(&wsx::options::send_queue_size, 1024));
    memory_peer old = f.open();
    old.discard_written();
    old.allow_write(3);
    CHECK(f.client->try_send(wsx::text{"first"}));
    poll(f.io);
    const std::string large(100'000, 'x');
    outcome sent;
    f.client->send(wsx::text{large}, sent.token());
    poll(f.io);
    f.let_pass(age);
    memory_peer next = f.next_open();
    next.discard_written();
    CHECK(!sent.done());
    old.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(sent.ok());
    CHECK(frames_of(old) == lines{"text \"first\"", "close 1000 \"\""});
    CHECK(next.discard_written() > large.size());
  }

  TEST_CASE("compressed connections have contexts of their own") {
    auto o = rotating().set(&wsx::options::deflate, wsx::deflate_options());
    o.deflate->threshold = 0;
    client_fixture<numbering> f({}, o);
    const auto accept =
        accept_options{.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}}};
    memory_peer old = f.dial();
    old.accept(accept);
    poll(f.io);
    f.let_pass(age);
    memory_peer next = f.next();
    next.accept(accept);
    poll(f.io);
    old.discard_written();
    next.discard_written();
    const std::string text = "again and again and again and again";
    CHECK(f.client->try_send(wsx::text{text}));
    poll(f.io);
    const auto once = next.discard_written();
    CHECK(f.client->try_send(wsx::text{text}));
    poll(f.io);
    CHECK(once < text.size());
    CHECK(next.discard_written() < once);
  }
}
