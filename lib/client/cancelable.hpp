#pragma once

#include <wsx/config.hpp>

namespace wsx::detail {

// Something with an operation under way that ends with its client. On the client's strand.
class cancelable {
 public:
  virtual ~cancelable() = default;
  virtual void cancel() = 0;
};

}  // namespace wsx::detail
