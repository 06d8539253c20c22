#include <wsx/close_reason.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/link.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

// Each of two linked clients waits for the end of the other. One table has all links of the
// process, so that there is at most one between two clients, and `unlink` finds it.

namespace wsx::detail {

namespace {

// The two ends, the one with the lower address first.
using link_key = std::pair<const engine*, const engine*>;

link_key key_of(const engine_ref& a, const engine_ref& b) {
  const engine *first = a.get().get(), *second = b.get().get();
  return std::less<>()(first, second) ? link_key(first, second) : link_key(second, first);
}

struct link_end {
  std::weak_ptr<engine> client;
  ticket wait = 0;  // for the end of this client
};

// An existing link. Its address identifies it.
struct client_link {
  link_end a;
  link_end b;
};

class link_table {
 public:
  using link_ptr = std::shared_ptr<const client_link>;

  // The clients' handlers share it, since they may outlive the program's static objects.
  static std::shared_ptr<link_table> instance() {
    static const auto only = std::make_shared<link_table>();
    return only;
  }

  // Returns false if there is one already.
  bool add(const link_key& key, const link_ptr& added) {
    const std::lock_guard lock(mutex_);
    return links_.emplace(key, added).second;
  }

  // Returns null if there is no link, or not the wanted one.
  link_ptr take(const link_key& key, const client_link* wanted = nullptr) {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(key);
    if (found == links_.end() || (wanted != nullptr && found->second.get() != wanted)) return {};
    auto taken = std::move(found->second);
    links_.erase(found);
    return taken;
  }

 private:
  std::mutex mutex_;
  std::map<link_key, link_ptr> links_;
};

void stop_waiting(const link_end& end) {
  if (auto client = end.client.lock()) engine_ref(std::move(client)).cancel(end.wait);
}

// Waits for the end of one client. If it is destroyed with its execution context, it removes the
// link from the table; nothing else would.
class end_notice {
 public:
  end_notice(std::shared_ptr<link_table> table, link_key key,
             std::shared_ptr<const client_link> link, const link_end& other)
      : table_(std::move(table)), key_(std::move(key)), link_(std::move(link)), other_(&other) {}
  end_notice(end_notice&&) noexcept = default;
  end_notice& operator=(end_notice&&) = delete;
  ~end_notice() {
    if (table_) table_->take(key_, link_.get());
  }

  void operator()(std::error_code error, const close_reason&) {
    if (!table_->take(key_, link_.get())) return;  // unlinked
    stop_waiting(*other_);
    if (!error) return;
    if (auto client = other_->client.lock()) engine_ref(std::move(client)).abort();
  }

 private:
  std::shared_ptr<link_table> table_;  // null: moved from
  link_key key_;
  std::shared_ptr<const client_link> link_;
  const link_end* other_;  // of the link
};

}  // namespace

void link_clients(const engine_ref& a, const engine_ref& b) {
  const auto table = link_table::instance();
  const auto key = key_of(a, b);
  auto made = std::make_shared<client_link>();
  made->a = {a.get(), a.next_ticket()};
  made->b = {b.get(), b.next_ticket()};
  const std::shared_ptr<const client_link> link = std::move(made);
  if (!table->add(key, link)) return;
  a.join(link->a.wait, {end_notice(table, key, link, link->b), a.serial()});
  b.join(link->b.wait, {end_notice(table, key, link, link->a), b.serial()});
}

void unlink_clients(const engine_ref& a, const engine_ref& b) {
  const auto link = link_table::instance()->take(key_of(a, b));
  if (!link) return;
  stop_waiting(link->a);
  stop_waiting(link->b);
}

}  // namespace wsx::detail
