#include "outbox_fixture.hpp"

using namespace outbox_test;

// Producers that move from the outbox of one connection to that of another.

TEST_SUITE("protocol/outbox: producers move") {
  TEST_CASE("they go on where they were, and the counts with them") {
    const both_forms forms;
    fixture old;
    fixture next;
    const auto a = old.add_source();
    push(a, "one");
    old.stage(whole, "staged");
    CHECK(old.send().size() == 2);
    push(a, "two");
    next.stage(whole, "greeting");
    CHECK(next.send() == frames{text("greeting")});
    const auto total = old.box.staged_total();
    REQUIRE(old.box.between_messages());
    next.box.take_producers(old.box);
    CHECK(old.box.sources().empty());
    CHECK(next.box.sources().size() == 1);
    CHECK(next.box.frames_encoded() == 3);
    CHECK(old.box.frames_encoded() == 0);
    CHECK(next.box.staged_total() > total);
    CHECK(next.box.staged_written() == next.box.staged_total());
    CHECK(old.send().empty());
    CHECK(next.send() == frames{text("two")});
    push(a, "three");
    CHECK(next.send() == frames{text("three")});
  }

  TEST_CASE("producers that are held finish their message, and begin no other") {
    const both_forms forms;
    fixture f;
    const auto a = f.add_source();
    const auto b = f.add_source();
    push(a, first, "a1");
    CHECK(f.send().size() == 1);
    f.box.hold_producers(true);
    push(b, "b");
    CHECK(f.send().empty());
    CHECK(!f.box.between_messages());
    push(a, last, "a2");
    push(a, "a3");
    CHECK(f.send() == frames{words("continuation", "a2")});
    CHECK(f.box.between_messages());
    f.stage(whole, "staged");
    f.box.set_ping(as_bytes("ping"));
    CHECK(f.send() == frames{words("ping", "ping"), text("staged")});
    f.box.hold_producers(false);
    CHECK(f.send() == frames{text("b"), text("a3")});
  }

  TEST_CASE("not between messages: within a batch, a message, or before a staged frame") {
    const both_forms forms;
    fixture f;
    const auto a = f.add_source();
    CHECK(f.box.between_messages());
    push(a, "one");
    CHECK(f.box.between_messages());
    f.write(3);
    CHECK(!f.box.between_messages());
    f.write();
    CHECK(f.box.between_messages());
    f.stage(first, "staged");
    CHECK(!f.box.between_messages());
    f.write();
    CHECK(!f.box.between_messages());
    f.stage(last, "staged");
    f.write();
    CHECK(f.box.between_messages());
    push(a, std::string(3 * outbox::batch_size, 'x'));
    f.write(outbox::batch_size);
    CHECK(!f.box.between_messages());
    f.write();
    CHECK(f.box.between_messages());
  }
}
