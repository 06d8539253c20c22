#include "spsc.hpp"

#include <boost/lockfree/spsc_queue.hpp>

namespace {

template <class Item>
class boost_queue {
 public:
  explicit boost_queue(std::size_t bytes) : queue_(bytes / sizeof(Item)) {}

  bool push(const Item& item) { return queue_.push(item); }
  bool pop(Item& item) { return queue_.pop(item); }

 private:
  boost::lockfree::spsc_queue<Item> queue_;
};

const bool registered = (bench::register_spsc<boost_queue>("spsc_boost"), true);

}  // namespace
