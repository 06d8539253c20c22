#include "cares_lookup.hpp"
#include "lookup_threads.hpp"

namespace wsx {

// c-ares knows the hosts file and the name servers. What only the system knows is left to it: RFC
// 6762 3 has the names under `local` asked for in the local network.
std::shared_ptr<lookup> make_system_lookup(const strand& s, const std::string& host,
                                           std::uint16_t port) {
#ifdef WSX_HAS_CARES
  if (!is_within_domain(host, "local")) return make_cares_lookup(s, host, port);
#endif
  return make_thread_lookup(s, lookup_threads::of_process(), host, port);
}

}  // namespace wsx
