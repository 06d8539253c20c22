#include "feed.hpp"

#include <wsx/module.hpp>

#include <string>
#include <string_view>

// Version 2 of the handler, a module: it also adds up how long the messages are.
struct feed {
  static constexpr std::string_view version = "2";

  static feed code_change(const wsx::old_version&, std::string_view saved) {
    return {feed_state::from(saved)};
  }
  std::string save() const { return state.save(); }

  void handle_frame(wsx::text number) {
    if (number.payload != std::to_string(state.count)) ++state.missing;
    ++state.count;
    bytes += number.payload.size();
  }
  void handle_cast(const how_many& q) { q.answer(version, state.count, state.missing); }

  feed_state state;
  std::size_t bytes = 0;
};

WSX_EXPORT_HANDLER(feed)
