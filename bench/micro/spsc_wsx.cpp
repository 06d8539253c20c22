#include "spsc.hpp"

#include <wsx/protocol/frame_queue.hpp>

#include <span>

namespace {

namespace protocol = wsx::protocol;

constexpr protocol::mask_key key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21},
                                 std::byte{0x3d}};

/// The client's queue, with an item as a frame's payload. It does more than the others: an item
/// could have any size, and is masked as it is taken out.
template <class Item>
class frame_queue {
 public:
  explicit frame_queue(std::size_t bytes) : queue_(bytes) {}

  bool push(const Item& item) { return queue_.try_push({}, item); }
  bool pop(Item& item) {
    protocol::frame_head head;
    if (!queue_.read_head(head)) return false;
    queue_.read_masked(item, key, 0);
    queue_.release(queue_.unreleased());
    return true;
  }

 private:
  protocol::frame_queue queue_;
};

const bool registered = (bench::register_spsc<frame_queue>("spsc_wsx"), true);

}  // namespace
