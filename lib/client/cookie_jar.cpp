#include "../protocol/set_cookie.hpp"

#include <wsx/cookie_jar.hpp>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <ranges>
#include <utility>

namespace wsx {

namespace {

// RFC 6265 6.1.
constexpr std::size_t max_cookies = 3000;
constexpr std::size_t max_of_domain = 50;

struct kept_cookie {
  cookie what;
  std::uint64_t created;  // RFC 6265 5.4 item 2: an order
  std::uint64_t used;
};

bool is_same(const cookie& a, const cookie& b) noexcept {
  return a.name == b.name && a.domain == b.domain && a.path == b.path;
}

bool has_expired(const cookie& c, cookie_jar::time_point now) noexcept {
  return c.expires && *c.expires <= now;
}

bool goes_to(const cookie& c, const url& to) noexcept {
  const bool host = c.host_only ? c.domain == to.host
                                : protocol::domain_matches(to.host, to.host_is_ip, c.domain);
  return host && to.socket_path.empty() && (!c.secure || to.secure()) &&
         protocol::path_matches(protocol::path_of(to.target), c.path);
}

}  // namespace

struct cookie_jar::state {
  bool put(cookie c, time_point now);
  void make_room(const std::string& domain);
  template <class Predicate>
  void drop_least_used(Predicate among);

  mutable std::mutex mutex{};
  std::vector<kept_cookie> all{};
  std::uint64_t clock = 0;  // counts what happened
};

cookie_jar::cookie_jar() : state_(std::make_unique<state>()) {}

cookie_jar::~cookie_jar() = default;

bool cookie_jar::set(const url& from, std::string_view set_cookie, time_point now) {
  auto parsed = protocol::parse_set_cookie(set_cookie, from, now);
  if (!parsed) return false;
  const std::lock_guard lock(state_->mutex);
  // RFC 6265bis 5.7 item 16: what was sent in the clear does not replace what was not.
  const auto shadows = [&](const kept_cookie& old) {
    return old.what.secure && old.what.name == parsed->name &&
           (protocol::domain_matches(old.what.domain, false, parsed->domain) ||
            protocol::domain_matches(parsed->domain, false, old.what.domain)) &&
           protocol::path_matches(parsed->path, old.what.path);
  };
  if (!from.secure() && std::ranges::any_of(state_->all, shadows)) return false;
  return state_->put(std::move(*parsed), now);
}

bool cookie_jar::add(cookie c, time_point now) {
  if (!protocol::is_cookie(c)) return false;
  const std::lock_guard lock(state_->mutex);
  return state_->put(std::move(c), now);
}

// One that replaces another keeps its place. RFC 6265 5.3 item 11.
bool cookie_jar::state::put(cookie c, time_point now) {
  std::erase_if(all, [&](const kept_cookie& each) { return has_expired(each.what, now); });
  const auto old =
      std::ranges::find_if(all, [&](const kept_cookie& each) { return is_same(each.what, c); });
  const bool expired = has_expired(c, now);
  if (old != all.end() && expired) all.erase(old);
  if (expired) return true;
  const std::uint64_t at = ++clock;
  if (old != all.end()) {
    old->what = std::move(c);
    old->used = at;
    return true;
  }
  make_room(c.domain);
  all.push_back({std::move(c), at, at});
  return true;
}

void cookie_jar::state::make_room(const std::string& domain) {
  const auto of_domain = [&](const kept_cookie& each) { return each.what.domain == domain; };
  const auto count = std::ranges::count_if(all, of_domain);
  if (static_cast<std::size_t>(count) >= max_of_domain) drop_least_used(of_domain);
  if (all.size() >= max_cookies) drop_least_used([](const kept_cookie&) { return true; });
}

template <class Predicate>
void cookie_jar::state::drop_least_used(Predicate among) {
  auto found = all.end();
  for (auto each = all.begin(); each != all.end(); ++each) {
    if (among(*each) && (found == all.end() || each->used < found->used)) found = each;
  }
  if (found != all.end()) all.erase(found);
}

// RFC 6265 5.4 item 2: longer paths first, and then what was set first.
std::string cookie_jar::header_for(const url& to, time_point now) {
  const std::lock_guard lock(state_->mutex);
  std::vector<kept_cookie*> chosen;
  for (kept_cookie& each : state_->all) {
    if (!has_expired(each.what, now) && goes_to(each.what, to)) chosen.push_back(&each);
  }
  std::ranges::sort(chosen, [](const kept_cookie* a, const kept_cookie* b) {
    const auto length = [](const kept_cookie* c) { return c->what.path.size(); };
    return length(a) != length(b) ? length(a) > length(b) : a->created < b->created;
  });
  const std::uint64_t at = ++state_->clock;
  std::string text;
  for (kept_cookie* const each : chosen) {
    each->used = at;
    if (!text.empty()) text += "; ";
    text.append(each->what.name).append("=").append(each->what.value);
  }
  return text;
}

std::vector<cookie> cookie_jar::all(time_point now) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<cookie> result;
  for (const kept_cookie& each : state_->all) {
    if (!has_expired(each.what, now)) result.push_back(each.what);
  }
  return result;
}

void cookie_jar::clear() {
  const std::lock_guard lock(state_->mutex);
  state_->all.clear();
}

}  // namespace wsx
