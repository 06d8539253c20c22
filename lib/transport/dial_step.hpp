#pragma once

namespace wsx {

/// What a transport waits for before it is connected.
class dial_step {
 public:
  dial_step() = default;
  dial_step(const dial_step&) = delete;
  dial_step& operator=(const dial_step&) = delete;

  /// Makes the wait end soon. On the transport's strand.
  virtual void cancel() noexcept = 0;

 protected:
  ~dial_step() = default;
};

}  // namespace wsx
