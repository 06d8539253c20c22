#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace wsx::detail {

// Makes a JSON object (RFC 8259), member by member.
class json_object {
 public:
  // `value` is UTF-8.
  json_object& add(std::string_view name, std::string_view value);
  json_object& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  json_object& add(std::string_view name, bool value) {
    return add_raw(name, value ? "true" : "false");
  }
  json_object& add(std::string_view name, double value);
  template <std::integral Number>
  json_object& add(std::string_view name, Number value) {
    return add_raw(name, std::to_string(value));
  }
  json_object& add(std::string_view name, json_object&& value) {
    return add_raw(name, std::move(value).text());
  }

  std::string text() && { return std::move(text_) + "}"; }

 private:
  json_object& add_raw(std::string_view name, std::string_view value);

  std::string text_ = "{";
};

}  // namespace wsx::detail
