#pragma once

#include <wsx/config.hpp>

namespace wsx::detail {

// An object with an operation that is canceled when its client ends. On the client's strand.
class cancelable {
 public:
  virtual ~cancelable() = default;
  virtual void cancel() = 0;
};

}  // namespace wsx::detail
