#pragma once

#include <wsx/wsx.hpp>

#include <charconv>
#include <string>

// Buys below its limit, and sells what it has at a profit.
struct trader {
  int limit = 0;
  int bought_at = 0;

  wsx::action handle_frame(wsx::text m) {
    int price = 0;
    std::from_chars(m.payload.data(), m.payload.data() + m.payload.size(), price);
    if (bought_at == 0 && price < limit) {
      bought_at = price;
      return wsx::reply("buy at " + std::to_string(price));
    }
    if (bought_at == 0 || price < bought_at + 5) return wsx::ok();
    bought_at = 0;
    return wsx::reply("sell at " + std::to_string(price));
  }
};
