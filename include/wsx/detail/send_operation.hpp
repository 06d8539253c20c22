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

// Whether a token is a completion handler itself, so that Asio starts the operation at once. Others
// (deferred, use_awaitable) may start it when the payload has gone.
template <class Token>
concept completion_handler = requires(Token& token, std::error_code error) {
  { token(error) } -> std::same_as<void>;
};

// A frame that a `send` with a completion token sends. The payload need not live as long: there is
// a copy of it, made here, or, if the operation starts at once, when it turns out that the frame
// has to wait.
class send_operation {
 public:
  WSX_API send_operation(std::shared_ptr<send_channel> channel,
                         const protocol::outgoing_frame& frame, bool starts_at_once);

  // Queues the frame if there is room.
  WSX_API errc try_now(const engine_ref& e);

  // Waits for room, with a copy; `try_now` found none. Once.
  WSX_API void wait(const engine_ref& e, ticket t, completion<std::error_code> done);

 private:
  std::shared_ptr<send_channel> channel_;
  protocol::outgoing_frame frame_;
  std::vector<std::byte> copy_{};  // once there is one
  bool copied_ = false;
};

}  // namespace wsx::detail
