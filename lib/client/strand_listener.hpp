#pragma once

#include <wsx/transport/transport.hpp>

namespace wsx::detail {

// The calls that a client receives from the layers below, on its strand: a transport may be ready,
// and others.
class strand_listener : public readiness_listener {
 public:
  // Producers have queued something: see `cross_thread_notifier`.
  virtual void on_notified() = 0;

  // A deadline has passed: see `deadline`.
  virtual void on_time() = 0;

  // There is work that could not be done where it arose.
  virtual void on_work() = 0;

 protected:
  ~strand_listener() = default;
};

}  // namespace wsx::detail
