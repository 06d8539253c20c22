#pragma once

#include <wsx/transport/transport.hpp>

namespace wsx::detail {

// All that a client is called for from below, on its strand: a transport may be ready, and more.
class strand_listener : public readiness_listener {
 public:
  // Producers have queued something: see `cross_thread_notifier`.
  virtual void on_notified() = 0;

  // A time has come: see `deadline`.
  virtual void on_time() = 0;

  // There is something to do that could not be done where it turned out.
  virtual void on_work() = 0;

 protected:
  ~strand_listener() = default;
};

}  // namespace wsx::detail
