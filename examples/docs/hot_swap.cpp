// The code about replacing a handler; scripts/check-docs compares it.
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <iostream>
#include <string>
#include <string_view>

// For docs/handler.md and docs/operations.md.
namespace for_docs {

struct feed_v1 {
  static constexpr std::string_view version = "1";
  void handle_frame(wsx::text) { ++count; }
  long count = 0;
};

// [code_change]
struct feed_v2 {
  static constexpr std::string_view version = "2";
  static feed_v2 code_change(const wsx::old_version&, const feed_v1& old) { return {old.count, 0}; }

  void handle_frame(wsx::text t) {
    ++count;
    bytes += t.payload.size();
  }

  long count = 0;
  std::size_t bytes = 0;
};
// [code_change]

}  // namespace for_docs

namespace for_module {

// [module]
struct feed {
  static constexpr std::string_view version = "2";
  static feed code_change(const wsx::old_version&, std::string_view saved) {
    return {std::stol(std::string(saved))};
  }
  std::string save() const { return std::to_string(count); }
  void handle_frame(wsx::text) { ++count; }
  long count = 0;
};

WSX_EXPORT_HANDLER(feed)
// [module]

}  // namespace for_module

asio::awaitable<void> swap(wsx::client<wsx::any_handler>& client) {
  // [swap]
  try {
    const wsx::module next("/opt/feed/feed-2.so");
    co_await client.code_change(next);
  } catch (const wsx::system_error& e) {
    std::cerr << e.what() << '\n';  // the old version goes on
  }
  // [swap]
}

// What is only compiled.
void use_hot_swap(wsx::client<wsx::any_handler>& client) {
  (void)client.code_change<for_docs::feed_v2>();
  (void)swap(client);
}
