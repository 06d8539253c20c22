#include "spsc.hpp"

#include <readerwriterqueue/readerwriterqueue.h>

namespace {

/// Cameron Desrochers' queue, in the form that never allocates after it was made.
template <class Item>
class reader_writer_queue {
 public:
  explicit reader_writer_queue(std::size_t bytes) : queue_(bytes / sizeof(Item)) {}

  bool push(const Item& item) { return queue_.try_enqueue(item); }
  bool pop(Item& item) { return queue_.try_dequeue(item); }

 private:
  moodycamel::ReaderWriterQueue<Item> queue_;
};

const bool registered = (bench::register_spsc<reader_writer_queue>("spsc_moodycamel"), true);

}  // namespace
