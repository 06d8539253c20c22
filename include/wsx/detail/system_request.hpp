#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <system_error>

namespace wsx::detail {

// A request that is carried out between two callbacks, in each phase, also while the client is
// suspended. Erlang's name for those of its module sys is system messages. On the client's strand;
// one of the two is called, once.
class WSX_API_TYPE system_request {
 public:
  virtual ~system_request() = default;

  // The handler exists, and none of its callbacks is running.
  virtual void run() = 0;
  virtual void fail(std::error_code why) = 0;
};

}  // namespace wsx::detail
