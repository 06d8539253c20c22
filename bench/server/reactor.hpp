#pragma once

#include "descriptor.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace bench {

/// Waits for something on a descriptor of its own.
class watcher {
 public:
  virtual ~watcher() = default;

  /// `events` (of epoll) happened. False: that's all, and the watcher is destroyed.
  virtual bool ready(std::uint32_t events) = 0;
};

/// Calls watchers whose descriptors are ready; level-triggered. One thread.
class reactor {
 public:
  reactor();

  /// Owns the watcher from now on. False if the system can't wait for such a descriptor.
  bool add(int fd, std::uint32_t events, std::unique_ptr<watcher> who);

  /// Another choice of events.
  void change(int fd, std::uint32_t events);

  void run();
  void stop() noexcept { stopped_ = true; }

 private:
  descriptor epoll_;
  std::vector<std::unique_ptr<watcher>> watchers_;  // by descriptor
  bool stopped_ = false;
};

}  // namespace bench
