#include "modules/tally.hpp"
#include "modules/visible.hpp"
#include "support.hpp"

#include <wsx/testing/temp_dir.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <iterator>

// Handlers from shared objects: what goes on in the new one, and what is refused.

namespace {

using namespace code_change_test;
using tally_test::tally;

std::string file_of(std::string_view name) {
  return WSX_MODULES "/module_" + std::string(name) + ".so";
}

// The handler that the program is built with.
struct built_in {
  static constexpr std::string_view version = "0";
  tally kept;
  static built_in code_change(const wsx::old_version&, std::string_view saved) {
    return {tally::from(saved)};
  }
  std::string save() const { return kept.save(); }
  wsx::action handle_frame(wsx::text t) { return kept.take(t); }
  void handle_cast(tally_test::cast_number c) { kept.take(c); }
};

std::error_code change_to(any_client& f, const wsx::module& to, const std::string& extra = {}) {
  outcome changed;
  f.client->code_change(to, extra, changed.token());
  poll(f.io);
  REQUIRE(changed.done());
  return changed.error;
}

std::string message_of(const std::string& file) {
  try {
    const wsx::module loaded(file);
  } catch (const wsx::system_error& e) {
    std::error_code error;
    const wsx::module again(file, error);
    CHECK(error == e.code());
    return e.what();
  }
  return "loaded";
}

std::string read(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_SUITE("code_change/modules") {
  TEST_CASE("the handler of a module goes on with the state of a built-in one, and back") {
    const wsx::module one(file_of("version_1"));
    const wsx::module two(file_of("version_2"));
    CHECK(one.version() == "1");
    CHECK(two.version() == "2");
    any_client f(built_in{});
    memory_peer peer = f.open();
    peer.discard_written();
    send(f, peer, "0");
    CHECK(change_to(f, one) == errc{});
    send(f, peer, "1");
    CHECK(f.client->cast(tally_test::cast_number{0}));
    CHECK(change_to(f, two, "upwards") == errc{});
    send(f, peer, "2");
    send(f, peer, "who");
    CHECK(f.client->cast(tally_test::cast_number{1}));
    CHECK(change_to(f, one) == errc{});
    CHECK(change_to(f, two) == errc{});
    CHECK(f.handler().version() == "2");
    CHECK(change<built_in>(f) == errc{});
    const auto* const last = f.handler().get_if<built_in>();
    REQUIRE(last != nullptr);
    CHECK(last->kept.next == 3);
    CHECK(last->kept.next_cast == 2);
    CHECK(last->kept.wrong == 0);
    CHECK(last->kept.swaps == 5);
    CHECK(frames_of(peer) == lines{"text \"2 upwards up\""});
    CHECK(f.server.accepted() == 1);
  }

  TEST_CASE("code_change of a module throws: the old handler goes on") {
    const wsx::module two(file_of("version_2"));
    any_client f(built_in{});
    memory_peer peer = f.open();
    send(f, peer, "0");
    CHECK(change_to(f, two, "throw") == errc::code_change_failed);
    CHECK(change_to(f, two, "refuse") == std::errc::io_error);
    std::string what;
    auto attempt = [&]() -> asio::awaitable<void> {
      try {
        auto changed = f.client->code_change(two, "throw");
        co_await std::move(changed);
      } catch (const wsx::system_error& e) {
        what = e.what();
      }
    };
    asio::co_spawn(f.io, attempt, asio::detached);
    poll(f.io);
    CHECK(
        what ==
        "cannot change the handler from version \"0\" to version \"2\": the change of the handler "
        "threw: not this one");
    send(f, peer, "1");
    CHECK(f.handler().get_if<built_in>()->kept.next == 2);
    CHECK(f.handler().get_if<built_in>()->kept.wrong == 0);
  }

  TEST_CASE("an argument that nobody takes") {
    const wsx::module one(file_of("version_1"));
    any_client f(built_in{});
    CHECK(change_to(f, one, "what for") == errc::code_change_failed);
  }

  TEST_CASE("a handler without a saved state") {
    const wsx::module one(file_of("version_1"));
    any_client f(quiet{});
    CHECK(change_to(f, one) == errc::state_not_taken);
  }

  TEST_CASE("a module is loaded once") {
    const wsx::module one(file_of("version_1"));
    const auto before = wsx::module::loaded();
    const wsx::module again(file_of("version_1"));
    std::error_code error;
    const wsx::module indirectly(WSX_MODULES "/../test/module_version_1.so", error);
    CHECK(!error);
    CHECK(wsx::module::loaded() == before);
  }

  TEST_CASE("what is refused before anything of it runs") {
    const auto before = wsx::module::loaded();
    CHECK(message_of("/no/such/module.so") ==
          "cannot load the module \"/no/such/module.so\": No such file or directory");
    CHECK(message_of("/usr").ends_with("the file is not a module: it is not an ELF file"));
    const std::string differs = message_of(file_of("differs"));
    CHECK(
        differs.ends_with("the module was not built as the program was: "
                          "asio_handler_tracking_on where the program has "
                          "asio_handler_tracking_off"));
    const wsx::testing::temp_dir dir;
    const std::string whole = read(file_of("stamped"));
    const auto half = dir.write("half.so", whole.substr(0, whole.size() / 8)).string();
    CHECK(message_of(half).ends_with("the file is not a module: it is truncated"));
    CHECK(wsx::module::loaded() == before);
    CHECK(std::getenv("WSX_TEST_MODULE_RAN") == nullptr);
  }

  TEST_CASE("what the system can't load") {
    const auto before = wsx::module::loaded();
    const std::string said = message_of(file_of("needs_more"));
    CHECK(said.find("the module cannot be loaded: ") != std::string::npos);
    CHECK(said.find("undefined symbol") != std::string::npos);
    CHECK(wsx::module::loaded() == before);
    CHECK(std::getenv("WSX_TEST_MODULE_RAN") == nullptr);
  }

  TEST_CASE("what has been loaded, and is of no use") {
    const auto before = wsx::module::loaded();
    const std::string said = message_of(file_of("stamped"));
    CHECK(said.find("wsx_module_entry") != std::string::npos);
    CHECK(wsx::module::loaded() == before + 1);
    CHECK(std::getenv("WSX_TEST_MODULE_RAN") != nullptr);
    ::unsetenv("WSX_TEST_MODULE_RAN");
    CHECK(message_of(file_of("own_copy"))
              .ends_with("it has its own copy of wsx: link it with the shared library, or with "
                         "none"));
  }

  TEST_CASE("a module whose code the program's hides") {
    any_client f(visible_handler{});
    CHECK(message_of(file_of("visible"))
              .ends_with("its code is hidden by other code of that name: compile it with "
                         "-fvisibility=hidden"));
  }

  TEST_CASE("a file that was replaced since it was loaded") {
    const wsx::testing::temp_dir dir;
    const std::string whole = read(file_of("version_1"));
    const auto file = dir.write("feed.so", whole).string();
    const wsx::module loaded(file);
    const auto time = std::filesystem::last_write_time(file);
    std::filesystem::remove(file);
    SUBCASE("by another version") {
      dir.write("feed.so", read(file_of("version_2")));
    }
    SUBCASE("by a file of that size") {
      dir.write("feed.so", whole);
      std::filesystem::last_write_time(file, time + std::chrono::hours(1));
    }
    SUBCASE("by a file of that time") {
      dir.write("feed.so", whole + "more");
      std::filesystem::last_write_time(file, time);
    }
    CHECK(message_of(file).ends_with(
        "the file was replaced since it was loaded: each version needs its own file"));
  }

  TEST_CASE("a file that the program has loaded by itself") {
    const wsx::testing::temp_dir dir;
    const auto file = dir.write("feed.so", read(file_of("version_1"))).string();
    REQUIRE(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr);
    CHECK(message_of(file).ends_with("the program has loaded it in another way"));
  }

  // What other tests load is loaded before.
  TEST_CASE("no more than so many") {
    const wsx::module one(file_of("version_1"));
    const wsx::module two(file_of("version_2"));
    const wsx::testing::temp_dir dir;
    const std::string small = read(file_of("stamped"));
    std::error_code error;
    for (auto n = wsx::module::loaded(); n < wsx::module::max_loaded; ++n)
      const wsx::module refused(dir.write(std::to_string(n) + ".so", small).string(), error);
    CHECK(wsx::module::loaded() == wsx::module::max_loaded);
    ::unsetenv("WSX_TEST_MODULE_RAN");
    CHECK(message_of(dir.write("last.so", small).string())
              .ends_with("too many modules have been loaded"));
    CHECK(std::getenv("WSX_TEST_MODULE_RAN") == nullptr);
    const wsx::module again(file_of("version_1"));
    CHECK(again.version() == "1");
  }
}
