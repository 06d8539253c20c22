#pragma once

#include <wsx/detail/completion.hpp>
#include <wsx/detail/system_request.hpp>

#include <memory>

namespace wsx::detail {

// A request and its place among the messages for the handler share this, since whichever of them
// the strand comes to first may carry it out.
struct waiting_request {
  ticket number;
  std::unique_ptr<system_request> what;  // null: it has been carried out, or canceled
};

}  // namespace wsx::detail
