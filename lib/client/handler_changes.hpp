#pragma once

#include <wsx/detail/completion.hpp>
#include <wsx/detail/handler_change.hpp>
#include <wsx/detail/replaceable_handler.hpp>
#include <wsx/diagnostics.hpp>

#include <memory>
#include <system_error>

namespace wsx::detail {

class engine;

// Changes of a client's handler, as the engine sees them. On the strand, except for `ask`.
class handler_changes {
 public:
  explicit handler_changes(engine& client) noexcept : client_(client) {}

  // Asks for a change, from any thread.
  void ask(ticket t, std::unique_ptr<handler_change> change, wsx::diagnostics* details,
           completion<std::error_code> done);

  // Returns the handler if it can be replaced and still exists; otherwise null.
  replaceable_handler* handler() const noexcept;

  // Makes the changes that were asked for. No callback is running.
  void make();

  // They have to wait for the end of the present batch of input, where there may be an opportunity.
  void make_after_batch();

  void cancel(ticket t);

  // The client has ended, or its execution context has.
  void fail();
  void drop() noexcept;

 private:
  void add(replaceable_handler::asked change);
  void post_mail();

  engine& client_;
};

}  // namespace wsx::detail
