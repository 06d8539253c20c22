#pragma once

#include "cross_thread_notifier.hpp"
#include "deadline.hpp"

#include <wsx/transport/transport.hpp>

namespace wsx::detail {

// All that a client is called for from below, on its strand: a transport may be ready, producers
// have queued something, a time has come.
class strand_listener : public readiness_listener,
                        public notification_listener,
                        public deadline_listener {
 public:
  // There is something to do that could not be done where it turned out.
  virtual void on_work() = 0;

 protected:
  ~strand_listener() = default;
};

}  // namespace wsx::detail
