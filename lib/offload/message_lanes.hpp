#pragma once

#include <wsx/config.hpp>

#include <wsx/action.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/detail/mail.hpp>
#include <wsx/detail/offload_ref.hpp>
#include <wsx/export.hpp>
#include <wsx/message.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

namespace wsx::detail {

// The connection that messages came from.
struct message_origin {
  std::uint32_t connection;  // as producers see it: the same for one that replaces it in order
  connection_info info;
};

struct coroutine_run;
struct message_lane;

// A message that waits for a worker, or that one handles; then what the worker wants of the client.
struct lane_job final : offload_job {
  lane_job(offload& owner, const message& received, std::shared_ptr<const message_origin> origin)
      : offload_job(owner), what(received), from(std::move(origin)) {}

  offload& owner() const noexcept { return owner_; }

  owned_message what;
  std::shared_ptr<const message_origin> from;

  std::shared_ptr<void> keep{};                // the handler, while a worker calls it
  std::shared_ptr<coroutine_run> coroutine{};  // if `handle_frame` is one
  std::variant<action, std::unique_ptr<mail>, std::exception_ptr> wanted{};

  // Where it is.
  message_lane* lane = nullptr;
  lane_job* later = nullptr;  // the next of this lane
  std::list<lane_job>::iterator place{};
};

// Messages with one key.
struct message_lane {
  const std::string* key = nullptr;
  lane_job* first = nullptr;  // of those that wait
  lane_job* last = nullptr;
  bool running = false;
  // The lane's node while it is not ready: becoming ready allocates nothing.
  std::list<message_lane*> spot{};
  std::list<message_lane*>::iterator place{};
};

// The messages of an offloaded handler by their keys: those that wait, oldest first, and those that
// workers handle, at most one per key. Knows no thread.
class message_lanes {
 public:
  using jobs = std::list<lane_job>;

  message_lanes(std::size_t max_messages, std::size_t max_bytes) noexcept
      : max_messages_(max_messages), max_bytes_(max_bytes) {}

  // Returns whether a message of that size may be added. One alone always may.
  bool has_room(std::size_t size) const noexcept {
    if (waiting_.empty()) return true;
    return waiting_.size() < max_messages_ && size <= max_bytes_ && bytes_ <= max_bytes_ - size;
  }

  // Adds the only job of `one`.
  WSX_API void add(std::string key, jobs one);

  // Puts `one` in the place of the message that waits with that key, which `one` has then. Returns
  // false if there is none.
  WSX_API bool replace(const std::string& key, jobs& one);

  // Removes the oldest message that waits, or all of them.
  WSX_API jobs drop_oldest();
  WSX_API jobs drop_all();

  // Begins the next message whose key is not running; null: there is none.
  WSX_API lane_job* begin();
  // Removes a message that was begun: the next of its key may begin.
  WSX_API jobs end(lane_job& done);

  bool any_ready() const noexcept { return !ready_.empty(); }
  bool none_waits() const noexcept { return waiting_.empty(); }
  bool idle() const noexcept { return waiting_.empty() && running_.empty(); }
  std::size_t waiting() const noexcept { return waiting_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t lanes() const noexcept { return lanes_.size(); }
  const jobs& running() const noexcept { return running_; }

 private:
  message_lane& lane_of(std::string key);
  void take_first(message_lane& lane) noexcept;
  void clean_up(message_lane& lane) noexcept;

  const std::size_t max_messages_;
  const std::size_t max_bytes_;
  std::unordered_map<std::string, message_lane> lanes_{};
  jobs waiting_{};
  jobs running_{};
  std::list<message_lane*> ready_{};  // some of their messages wait, and none is running
  std::size_t bytes_ = 0;
};

}  // namespace wsx::detail
