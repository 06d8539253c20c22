#pragma once

#include <wsx/client_status.hpp>
#include <wsx/detail/completion.hpp>

#include <memory>

namespace wsx::detail {

class engine;

// Completes with what the client is doing, as its strand sees it. From any thread.
void tell_status(const std::shared_ptr<engine>& client, completion<client_status> done);

}  // namespace wsx::detail
