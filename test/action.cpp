#include <wsx/action.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>

TEST_SUITE("action") {
  TEST_CASE("ok wants nothing") {
    for (const auto& a : {wsx::ok(), wsx::action()}) {
      CHECK(a.frame() == nullptr);
      CHECK(a.close() == nullptr);
    }
  }

  TEST_CASE("reply owns its payload") {
    std::string local = "hello";
    wsx::action a = wsx::reply(wsx::text{local});
    local = "other";
    REQUIRE(a.frame() != nullptr);
    CHECK(a.close() == nullptr);
    CHECK(wsx::as_chars(a.frame()->get().payload) == "hello");
    CHECK(a.frame()->get().head.op == wsx::opcode::text);
    CHECK(a.frame()->get().head.length == 5);
    const wsx::action moved = std::move(a);
    REQUIRE(moved.frame() != nullptr);
    CHECK(wsx::as_chars(moved.frame()->get().payload) == "hello");
  }

  TEST_CASE("reply takes each kind of frame") {
    CHECK(wsx::reply(wsx::binary{"b"}).frame()->get().head.op == wsx::opcode::binary);
    CHECK(wsx::reply(wsx::ping{"p"}).frame()->get().head.op == wsx::opcode::ping);
    CHECK(wsx::reply(wsx::pong{}).frame()->get().payload.empty());
    const auto piece = wsx::reply(wsx::fragment{wsx::opcode::text, false, true, {}});
    CHECK(piece.frame()->get().head.op == wsx::opcode::continuation);
    CHECK(piece.frame()->get().head.fin);
  }

  TEST_CASE("close, with a code or without") {
    const auto plain = wsx::close();
    REQUIRE(plain.close() != nullptr);
    CHECK(plain.frame() == nullptr);
    CHECK(!plain.close()->code);
    std::string why = "bye";
    const auto coded = wsx::close(wsx::close_code::going_away, why);
    why = "xxx";
    CHECK(coded.close()->code == wsx::close_code::going_away);
    CHECK(coded.close()->reason == "bye");
  }
}
