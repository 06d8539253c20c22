#pragma once

#include "waiting_request.hpp"

#include <wsx/detail/completion.hpp>
#include <wsx/detail/operation_memory.hpp>
#include <wsx/detail/system_request.hpp>

#include <memory>
#include <system_error>

namespace wsx::detail {

class engine;

// The requests that are carried out between two callbacks. Each takes its turn among the messages
// for the handler, so that it finds what earlier casts have done. Where no callback can be running
// it is carried out at once. On the strand, except for `ask`.
class system_requests {
 public:
  explicit system_requests(engine& client) noexcept : client_(client) {}

  // From any thread. `memory` is that of the request's completion.
  void ask(ticket t, std::unique_ptr<system_request> what, operation_memory* memory);

  using request = std::shared_ptr<waiting_request>;

  // Its turn has come: carries the request out, unless that was done, or it was canceled.
  void run(const request& waiting);

  // Carries out all that wait, if no callback can be running.
  void run_all();

  void cancel(ticket t);

  // The client has ended. If its object still exists, so does the handler, and the requests wait
  // for its last callback.
  void client_ended();

 private:
  void post_mail(const request& waiting);
  void add(request waiting, bool posted);
  bool runs_at_once() const noexcept;
  std::unique_ptr<system_request> take(const request& waiting);
  void carry_out(std::unique_ptr<system_request> what);

  engine& client_;
};

}  // namespace wsx::detail
