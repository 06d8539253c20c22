#pragma once

#include <wsx/detail/completion.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/error.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/outgoing_frame.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <system_error>
#include <vector>

namespace wsx::detail {

// Whether a token is a completion handler itself, so that Asio starts the operation at once. Other
// tokens (deferred, use_awaitable) may start it when the payload no longer exists.
template <class Token>
concept completion_handler = requires(Token& token, std::error_code error) {
  { token(error) } -> std::same_as<void>;
};

// A frame sent with a completion token, whose payload need not outlive the call. The payload is
// copied here. If the operation starts at once, it is copied only when the frame has to wait.
class send_operation {
 public:
  WSX_API send_operation(std::shared_ptr<send_channel> channel,
                         const protocol::outgoing_frame& frame, bool starts_at_once);

  // Queues the frame if there is space.
  WSX_API errc try_now(const engine_ref& e);

  // Waits for space with a copy of the frame, after `try_now` found none. Once.
  WSX_API void wait(const engine_ref& e, ticket t, completion<std::error_code> done);

 private:
  std::shared_ptr<send_channel> channel_;
  protocol::outgoing_frame frame_;
  std::vector<std::byte> copy_{};  // if there is one
  bool copied_ = false;
};

}  // namespace wsx::detail
