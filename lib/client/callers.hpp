#pragma once

#include "waiting_list.hpp"

#include <wsx/close_reason.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/diagnostics.hpp>

#include <system_error>
#include <utility>

namespace wsx::detail {

// The operations that wait for the client to connect, to be closed, or to end. Completing one may
// throw, if there is no memory to post its handler; it has been removed by then.
class callers {
 public:
  // One at a time. `details`, which may be null, is set on failure.
  void add_connect(ticket t, diagnostics* details, completion<std::error_code> done) noexcept {
    connect_details_ = details;
    connect_.add(t, std::move(done));
  }
  void add_close(ticket t, completion<std::error_code> done) noexcept {
    close_.add(t, std::move(done));
  }
  void add_join(ticket t, completion<std::error_code, close_reason> done) noexcept {
    join_.add(t, std::move(done));
  }

  bool connects(ticket t) const noexcept { return connect_.has(t); }

  // Where the details of a failure are stored; null if nobody asked for them.
  diagnostics* connect_details() noexcept { return connect_details_; }
  void connected(std::error_code error) {
    connect_details_ = nullptr;
    connect_.complete_all(error);
  }
  void closed(std::error_code error) { close_.complete_all(error); }
  void ended(std::error_code error, const close_reason& reason) {
    join_.complete_all(error, reason);
  }

  // Completes the close or join with that ticket.
  void cancel(ticket t, std::error_code canceled) {
    close_.complete(t, canceled);
    join_.complete(t, canceled, {});
  }

  void drop() noexcept {
    connect_details_ = nullptr;
    connect_.drop();
    close_.drop();
    join_.drop();
  }

 private:
  diagnostics* connect_details_ = nullptr;
  waiting_list<std::error_code> connect_;  // at most one
  waiting_list<std::error_code> close_;
  waiting_list<std::error_code, close_reason> join_;
};

}  // namespace wsx::detail
