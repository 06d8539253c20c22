#include "lookup_threads.hpp"

namespace wsx {

std::shared_ptr<lookup> make_system_lookup(const strand& s, const std::string& host,
                                           std::uint16_t port) {
  return make_thread_lookup(s, lookup_threads::of_process(), host, port);
}

}  // namespace wsx
