#pragma once

#include <wsx/any_handler.hpp>

struct visible_handler {
  static visible_handler code_change(const wsx::old_version&, std::string_view) { return {}; }
  std::string save() const { return {}; }
  void handle_frame(wsx::text) {}
};
