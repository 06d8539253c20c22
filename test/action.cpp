#include "../lib/client/action_steps.hpp"

#include <wsx/action.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace {

using wsx::detail::action_steps;

// What an action does, step by step: `1 hello` sends a text, `close 1001 bye` closes.
std::vector<std::string> steps_of(const wsx::action& a) {
  std::vector<std::string> all;
  for (action_steps step(a); step; step.next()) {
    if (!step.closes()) {
      CHECK(step.frame().head.length == step.frame().payload.size());
      all.push_back(std::to_string(static_cast<int>(step.frame().head.op)) + " " +
                    std::string(wsx::as_chars(step.frame().payload)));
    } else if (const auto close = step.close(); close.code) {
      all.push_back("close " + std::to_string(static_cast<int>(*close.code)) + " " + close.reason);
    } else {
      all.push_back("close");
    }
  }
  return all;
}

using steps = std::vector<std::string>;

}  // namespace

TEST_SUITE("action") {
  TEST_CASE("ok wants nothing") {
    CHECK(steps_of(wsx::ok()).empty());
    CHECK(steps_of(wsx::action()).empty());
  }

  TEST_CASE("reply owns its payload") {
    std::string local = "hello";
    wsx::action a = wsx::reply(wsx::text{local});
    local = "other";
    CHECK(steps_of(a) == steps{"1 hello"});
    const wsx::action moved = std::move(a);
    CHECK(steps_of(moved) == steps{"1 hello"});
    CHECK(steps_of(a).empty());
  }

  TEST_CASE("reply takes each kind of frame") {
    CHECK(steps_of(wsx::reply("a string")) == steps{"1 a string"});
    CHECK(steps_of(wsx::reply(wsx::message(wsx::binary("m")))) == steps{"2 m"});
    CHECK(steps_of(wsx::reply(wsx::binary{"b"})) == steps{"2 b"});
    CHECK(steps_of(wsx::reply(wsx::ping{"p"})) == steps{"9 p"});
    CHECK(steps_of(wsx::reply(wsx::pong{})) == steps{"10 "});
    const auto piece = wsx::reply(wsx::fragment{wsx::opcode::text, false, true, {}});
    const action_steps step(piece);
    CHECK(step.frame().head.op == wsx::opcode::continuation);
    CHECK(step.frame().head.fin);
  }

  TEST_CASE("close, with a code or without") {
    CHECK(steps_of(wsx::close()) == steps{"close"});
    std::string why = "bye";
    const auto coded = wsx::close(wsx::close_code::going_away, why);
    why = "xxx";
    CHECK(steps_of(coded) == steps{"close 1001 bye"});
    CHECK(steps_of(wsx::close(wsx::close_code{1005})) == steps{"close 1005 "});
  }

  TEST_CASE("several steps, in order, whatever their payloads") {
    const std::string large(100'000, 'x');
    const auto a =
        wsx::reply("").reply(wsx::binary(std::string_view(large))).reply(wsx::ping()).reply("a");
    CHECK(steps_of(a) == steps{"1 ", "2 " + large, "9 ", "1 a"});
    CHECK(steps_of(wsx::reply("a").reply("b").close()) == steps{"1 a", "1 b", "close"});
    CHECK(steps_of(wsx::ok().reply("a").close(wsx::close_code{4000}, "why")) ==
          steps{"1 a", "close 4000 why"});
    CHECK(steps_of(wsx::ok().close()) == steps{"close"});
  }

  TEST_CASE("an action with a name can be added to") {
    wsx::action a;
    static_assert(std::same_as<decltype(a.reply("x")), wsx::action&>);
    static_assert(std::same_as<decltype(std::move(a).reply("x")), wsx::action&&>);
    for (const char* each : {"a", "b", "c"}) a.reply(each);
    a.close();
    CHECK(steps_of(a) == steps{"1 a", "1 b", "1 c", "close"});
  }

  TEST_CASE("a copy is another") {
    wsx::action a = wsx::reply("a").reply("b");
    wsx::action copy = a;
    a.reply("c");
    CHECK(steps_of(copy) == steps{"1 a", "1 b"});
    CHECK(steps_of(a) == steps{"1 a", "1 b", "1 c"});
    copy = a;
    a = wsx::ok();
    CHECK(steps_of(copy) == steps{"1 a", "1 b", "1 c"});
    CHECK(steps_of(a).empty());
    a = std::move(copy);
    CHECK(steps_of(a) == steps{"1 a", "1 b", "1 c"});
    CHECK(steps_of(copy).empty());
    CHECK(steps_of(copy.reply("d")) == steps{"1 d"});
  }
}
