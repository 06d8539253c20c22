#include "tls_session_store.hpp"

#include <algorithm>
#include <utility>

namespace wsx {

void tls_session_store::put(std::string server, resumable_session kept) {
  const std::lock_guard lock(mutex_);
  if (refused(server)) return;
  entries_.push_back({std::move(server), std::move(kept)});
  if (entries_.size() > max_sessions) entries_.pop_front();
}

resumable_session tls_session_store::take(std::string_view server, clock::time_point now) {
  const std::lock_guard lock(mutex_);
  // Also those of the future: the system's clock has been set back.
  std::erase_if(entries_, [now](const entry& e) {
    return e.kept.verified > now || now - e.kept.verified >= max_age;
  });
  const auto latest = std::find_if(entries_.rbegin(), entries_.rend(),
                                   [server](const entry& e) { return e.server == server; });
  if (latest == entries_.rend()) return {};
  resumable_session taken = std::move(latest->kept);
  entries_.erase(std::prev(latest.base()));
  return taken;
}

void tls_session_store::refuse(std::string server) {
  const std::lock_guard lock(mutex_);
  if (refused(server)) return;
  std::erase_if(entries_, [&server](const entry& e) { return e.server == server; });
  refused_.push_back(std::move(server));
  if (refused_.size() > max_sessions) refused_.pop_front();
}

bool tls_session_store::refused(std::string_view server) const {
  return std::ranges::find(refused_, server) != refused_.end();
}

}  // namespace wsx
