#include "memory_connection.hpp"

#include <asio/error.hpp>

#include <deque>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace wsx::testing {

struct memory_listener::state {
  std::string name;
  std::mutex mutex;
  bool holding = false;
  std::error_code refusal{};
  std::size_t accepted = 0;
  std::function<void(memory_peer&)> prepare{};
  std::vector<std::shared_ptr<memory_connection>> waiting{};
  std::deque<memory_peer> fresh{};

  void arrive(const std::shared_ptr<memory_connection>& connection);
  void accept(const std::shared_ptr<memory_connection>& connection);
};

namespace {

using listener_state = std::shared_ptr<void>;

// The listeners of the process, by name.
struct registry {
  std::mutex mutex;
  std::map<std::string, listener_state> listeners;
};

registry& all() {
  static registry instance;
  return instance;
}

}  // namespace

void memory_listener::state::arrive(const std::shared_ptr<memory_connection>& connection) {
  {
    const std::lock_guard lock(mutex);
    if (refusal) {
      const std::lock_guard held(connection->mutex);
      return connection->settle(memory_connection::stage::refused, refusal);
    }
    if (holding) return waiting.push_back(connection);
  }
  accept(connection);
}

// Without a lock: `prepare` is the test's code, and uses the peer.
void memory_listener::state::accept(const std::shared_ptr<memory_connection>& connection) {
  memory_peer peer = memory_endpoint::peer_of(connection);
  std::function<void(memory_peer&)> prepare_now;
  {
    const std::lock_guard lock(mutex);
    prepare_now = prepare;
    ++accepted;
    fresh.push_back(peer);
  }
  if (prepare_now) prepare_now(peer);
  const std::lock_guard held(connection->mutex);
  connection->settle(memory_connection::stage::accepted);
}

memory_listener::memory_listener(std::string name) : state_(std::make_shared<state>()) {
  state_->name = std::move(name);
  const std::lock_guard lock(all().mutex);
  if (!all().listeners.emplace(state_->name, state_).second)
    throw std::invalid_argument("a memory_listener of this name exists: " + state_->name);
}

memory_listener::~memory_listener() {
  {
    const std::lock_guard lock(all().mutex);
    all().listeners.erase(state_->name);
  }
  refuse(asio::error::connection_refused);
  release();
}

std::string memory_listener::url(std::string_view path) const {
  return "ws://" + state_->name + std::string(path);
}

std::optional<memory_peer> memory_listener::next() {
  const std::lock_guard lock(state_->mutex);
  if (state_->fresh.empty()) return std::nullopt;
  memory_peer peer = std::move(state_->fresh.front());
  state_->fresh.pop_front();
  return peer;
}

void memory_listener::on_accept(std::function<void(memory_peer&)> prepare) {
  const std::lock_guard lock(state_->mutex);
  state_->prepare = std::move(prepare);
}

void memory_listener::refuse(std::error_code error) {
  const std::lock_guard lock(state_->mutex);
  state_->refusal = error;
}

void memory_listener::hold() {
  const std::lock_guard lock(state_->mutex);
  state_->holding = true;
}

void memory_listener::release() {
  std::vector<std::shared_ptr<memory_connection>> ready;
  {
    const std::lock_guard lock(state_->mutex);
    state_->holding = false;
    ready.swap(state_->waiting);
  }
  for (const auto& connection : ready) state_->arrive(connection);
}

std::size_t memory_listener::accepted() const {
  const std::lock_guard lock(state_->mutex);
  return state_->accepted;
}

std::size_t memory_listener::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waiting.size();
}

void memory_endpoint::knock(const std::string& name) {
  connection->name = name;
  listener_state found;
  {
    const std::lock_guard lock(all().mutex);
    const auto at = all().listeners.find(name);
    if (at != all().listeners.end()) found = at->second;
  }
  if (found) return std::static_pointer_cast<memory_listener::state>(found)->arrive(connection);
  const std::lock_guard held(connection->mutex);
  connection->settle(memory_connection::stage::refused, asio::error::host_not_found);
}

}  // namespace wsx::testing
