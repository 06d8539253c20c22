#include "../../lib/client/later_version.hpp"
#include "support.hpp"

#include <charconv>
#include <memory>

// How the state of the old handler reaches the new one, and which version is the later one.

namespace {

using namespace code_change_test;

// Saves what it counts; its later versions write what the earlier ones read.
struct saver_v1 {
  static constexpr std::string_view version = "1";
  int count = 0;
  std::string save() const { return std::to_string(count); }
  static saver_v1 code_change(const wsx::old_version&, std::string_view saved) {
    return {std::stoi(std::string(saved))};
  }
  void handle_frame(wsx::text) { ++count; }
};

struct saver_v2 {
  static constexpr std::string_view version = "2";
  int half = 0;
  std::string save(std::string_view to) const {
    if (to == "3") throw std::runtime_error("never");
    return to == "1" ? std::to_string(2 * half) : "half " + std::to_string(half);
  }
  static saver_v2 code_change(const wsx::old_version& from, std::string_view saved, int extra) {
    CHECK(from.version == "1");
    return {std::stoi(std::string(saved)) / 2 + extra};
  }
  void handle_frame(wsx::text) {}
};

struct saver_v3 {
  static constexpr std::string_view version = "3";
  static saver_v3 code_change(const wsx::old_version&, std::string_view) { return {}; }
  void handle_frame(wsx::text) {}
};

// Takes one type as it is, and all others by what they save.
struct both {
  std::string how;
  static both code_change(const wsx::old_version&, const counter_v1&) { return {"by its type"}; }
  static both code_change(const wsx::old_version&, std::string_view saved) {
    return {"saved: " + std::string(saved)};
  }
  void handle_frame(wsx::text) {}
};

// Is where it is.
struct fixed {
  explicit fixed(int n) : number(n) {}
  fixed(const fixed&) = delete;
  fixed& operator=(const fixed&) = delete;
  int number;
  void handle_frame(wsx::text) {}
};

struct after_fixed {
  int number;
  static after_fixed code_change(const wsx::old_version&, const fixed& old) { return {old.number}; }
  void handle_frame(wsx::text) {}
};

}  // namespace

TEST_SUITE("code_change/states") {
  TEST_CASE("by what is saved, where the old handler's type is not known") {
    any_client f(saver_v1{7});
    CHECK(change<saver_v2>(f, 10) == errc{});
    CHECK(f.handler().get_if<saver_v2>()->half == 13);
  }

  TEST_CASE("in a downgrade the later version writes what the earlier one reads") {
    any_client f(saver_v2{13});
    CHECK(change<saver_v1>(f) == errc{});
    CHECK(f.handler().get_if<saver_v1>()->count == 26);
  }

  TEST_CASE("save throws: the old handler goes on") {
    any_client f(saver_v2{1});
    CHECK(change<saver_v3>(f) == errc::code_change_failed);
    CHECK(f.handler().get_if<saver_v2>()->half == 1);
  }

  TEST_CASE("what saves nothing can't be taken over") {
    lines log;
    any_client f(counter_v1{&log});
    CHECK(change<saver_v1>(f) == errc::state_not_taken);
    CHECK(f.handler().version() == "1");
  }

  TEST_CASE("nor can another type than the one that is known") {
    lines log;
    any_client f(counter_v2{&log});
    CHECK(change<counter_v2, counter_v1>(f) == errc::state_not_taken);
  }

  TEST_CASE("by its type where that is named, otherwise by what is saved") {
    lines log;
    {
      any_client f(counter_v1{&log});
      CHECK(change<both, counter_v1>(f) == errc{});
      CHECK(f.handler().get_if<both>()->how == "by its type");
    }
    any_client f(saver_v1{3});
    CHECK(change<both, counter_v1>(f) == errc{});
    CHECK(f.handler().get_if<both>()->how == "saved: 3");
  }

  TEST_CASE("a handler that can't be moved, and one that its user owns") {
    any_client f(wsx::any_handler(std::in_place_type<fixed>, 4));
    CHECK(change<after_fixed>(f) == errc{});
    CHECK(f.handler().get_if<after_fixed>()->number == 4);
    fixed mine(5);
    any_client g(wsx::any_handler(std::ref(mine)), calm(), "another server");
    CHECK(g.handler().get_if<fixed>() == &mine);
    CHECK(change<after_fixed>(g) == errc{});
    CHECK(g.handler().get_if<after_fixed>()->number == 5);
  }

  TEST_CASE("the later version") {
    using wsx::detail::is_later;
    for (const auto& [early, late] : std::vector<std::pair<std::string, std::string>>{
             {"1", "2"},
             {"9", "10"},
             {"1.9", "1.10"},
             {"1.2", "1.2.1"},
             {"1.09", "1.10"},
             {"1.2.3", "1.3"},
             {"", "0"},
             {"a", "b"},
             {"2024-09-30", "2024-10-01"},
             {"99999999999999999999998", "99999999999999999999999"},
             {"1.0a", "1.0b"},
         }) {
      CAPTURE(early);
      CAPTURE(late);
      CHECK(is_later(late, early));
      CHECK(!is_later(early, late));
      CHECK(!is_later(late, late));
    }
    CHECK(!is_later("1.01", "1.1"));
    CHECK(!is_later("1.1", "1.01"));
  }
}
