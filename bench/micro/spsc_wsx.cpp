#include "spsc.hpp"

#include <wsx/protocol/frame_queue.hpp>

#include <algorithm>
#include <span>

namespace {

namespace protocol = wsx::protocol;

/// The client's queue, with an item as a frame's payload. It does more than the others: an item
/// could have any size, and is masked as it is queued.
template <class Item>
class frame_queue {
 public:
  explicit frame_queue(std::size_t bytes) : queue_(bytes) {}

  bool push(const Item& item) { return queue_.try_push({}, item); }
  bool pop(Item& item) {
    protocol::frame_queue::frame next;
    if (!queue_.peek(next)) return false;
    std::ranges::copy(next.payload(), std::as_writable_bytes(std::span(item)).begin());
    queue_.skip(next.bytes.size());
    queue_.release(next.bytes.size());
    return true;
  }

 private:
  protocol::frame_queue queue_;
};

const bool registered = (bench::register_spsc<frame_queue>("spsc_wsx"), true);

}  // namespace
