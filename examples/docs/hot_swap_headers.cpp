// The examples of the headers' comments about replacing a handler; scripts/check-docs compares
// them.
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include <set>
#include <string>
#include <string_view>

namespace for_headers {

struct subscribe {
  std::string topic;
};
struct unsubscribe {
  std::string topic;
};

// [wsx/any_handler.hpp]
struct topic_feed {
  using messages = wsx::message_types<subscribe, unsubscribe>;
  void handle_frame(wsx::text t) { last = t.payload; }
  void handle_cast(const subscribe& s) { topics.insert(s.topic); }
  void handle_cast(const unsubscribe& u) { topics.erase(u.topic); }
  std::set<std::string> topics;
  std::string last;
};
// [wsx/any_handler.hpp]

void any_handler_hpp(asio::io_context& io) {
  // [wsx/any_handler.hpp 2]
  wsx::client<wsx::any_handler> client(io, topic_feed());
  // [wsx/any_handler.hpp 2]
}

// A handler of a module.
struct saved_feed : topic_feed {
  static saved_feed code_change(const wsx::old_version&, std::string_view) { return {}; }
};

struct feed_v1 {
  void handle_frame(wsx::text) { ++count; }
  long count = 0;
};

// [wsx/code_change.hpp]
struct feed_v2 {
  static constexpr std::string_view version = "2";
  static feed_v2 code_change(const wsx::old_version&, const feed_v1& old, int depth) {
    return {old.count, depth};
  }
  void handle_frame(wsx::text) { ++count; }
  long count = 0;
  int depth = 0;
};
// [wsx/code_change.hpp]

asio::awaitable<void> code_change_hpp(wsx::client<wsx::any_handler>& client) {
  // [wsx/code_change.hpp 2]
  co_await client.code_change<feed_v2>(10);
  // [wsx/code_change.hpp 2]
}

// [wsx/module.hpp]
WSX_EXPORT_HANDLER(saved_feed)
// [wsx/module.hpp]

asio::awaitable<void> module_hpp(wsx::client<wsx::any_handler>& client) {
  // [wsx/module.hpp 2]
  const wsx::module next("/opt/feed/feed-2.so");
  co_await client.code_change(next);
  // [wsx/module.hpp 2]
}

}  // namespace for_headers
