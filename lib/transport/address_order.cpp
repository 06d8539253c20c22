#include "address_order.hpp"

#include <algorithm>

namespace wsx {

namespace {

using endpoint_list = std::vector<asio::ip::tcp::endpoint>;

// Bounded, so that the search for duplicates is, too.
void add_new(endpoint_list& all, const asio::ip::tcp::endpoint& one) {
  if (all.size() < max_addresses && std::ranges::find(all, one) == all.end()) all.push_back(one);
}

}  // namespace

endpoint_list interleave_families(const endpoint_list& found) {
  endpoint_list v6;
  endpoint_list v4;
  for (const auto& each : found) add_new(each.address().is_v6() ? v6 : v4, each);
  endpoint_list all;
  for (std::size_t i = 0; i < std::max(v6.size(), v4.size()); ++i) {
    if (i < v6.size()) all.push_back(v6[i]);
    if (i < v4.size()) all.push_back(v4[i]);
  }
  all.resize(std::min(all.size(), max_addresses));
  return all;
}

}  // namespace wsx
