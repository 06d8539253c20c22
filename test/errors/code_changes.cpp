#include "report.hpp"

#include <wsx/testing/temp_dir.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// Handlers that are not replaced, and modules that are not loaded.

namespace errors_test {

namespace {

using namespace loopback_test;

struct feed_v1 {
  static constexpr std::string_view version = "1";
  void handle_frame(wsx::text) {}
};

struct feed_v2 {
  static constexpr std::string_view version = "2";
  static feed_v2 code_change(const wsx::old_version&, const feed_v1&, std::string_view how) {
    if (how == "throw") throw std::runtime_error("no room for the second column");
    if (how == "refuse") throw std::system_error(std::make_error_code(std::errc::file_too_large));
    return {};
  }
  void handle_frame(wsx::text) {}
};

void of_handlers(report& to) {
  to.section("Another handler");
  test_client<wsx::any_handler> client{wsx::any_handler(feed_v1())};
  const auto change = [&](const char* how) {
    return client->code_change<feed_v2>(std::string_view(how));
  };
  std::error_code error;
  client->cast(1, error);
  to.add("cast of a type that the handler does not take", error, error.message());
  to.add("code_change throws", thrown_by(client, change("throw")));
  to.add("code_change throws a std::system_error", thrown_by(client, change("refuse")));
  client.wait(change("go on"));
  to.add("code_change from a handler that it does not know", thrown_by(client, change("go on")));
  to.add("with_handler for a handler of another type",
         thrown_by(client, client->with_handler<feed_v1>([](feed_v1&) {})));
  client->abort();
  to.add("code_change after the end", thrown_by(client, change("go on")));
}

// The name of the file is not the test's business.
void add(report& to, std::string_view what, const std::string& file) {
  try {
    const wsx::module loaded(file);
  } catch (const wsx::system_error& e) {
    std::string said = e.what();
    const auto place = said.find(file);
    if (place != std::string::npos) said.replace(place, file.size(), "feed.so");
    // What the system says is its own.
    if (e.code() == wsx::errc::module_not_loaded)
      said.erase(said.find(e.code().message()) + e.code().message().size()).append(": ...");
    to.add(what, e.code(), said);
  }
}

void of_modules(report& to) {
  to.section("Modules");
  const std::string modules = WSX_MODULES;
  const wsx::testing::temp_dir dir;
  add(to, "a file that does not exist", "/no/such/feed.so");
  add(to, "a file that is no module", dir.write("text.so", "#!/bin/sh\n").string());
  add(to, "a module with other settings of Asio", modules + "/module_differs.so");
  const std::string empty = modules + "/module_stamped.so";
  add(to, "a module without a handler", empty);
  while (wsx::module::loaded() < wsx::module::max_loaded) {
    const auto copy = dir.path() / (std::to_string(wsx::module::loaded()) + ".so");
    std::filesystem::copy_file(empty, copy);
    std::error_code ignored;
    const wsx::module refused(copy.string(), ignored);
  }
  std::filesystem::copy_file(empty, dir.path() / "last.so");
  add(to, "a module too many", (dir.path() / "last.so").string());
}

}  // namespace

void code_changes(report& to) {
  of_handlers(to);
  of_modules(to);
}

}  // namespace errors_test
