#pragma once

#include <wsx/config.hpp>

#include <wsx/close_reason.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/redirected_mail.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/export.hpp>
#include <wsx/request.hpp>

#include <memory>
#include <system_error>
#include <typeinfo>

namespace wsx::detail {

class supervision;
class supervisor_life;

// A client, as a sender of messages to its handler sees it.
struct addressee {
  engine_ref engine;
  void* handler;
  const std::type_info* type;  // the handler's
  shared_kind kind;
};

// What a supervisor starts and ends, without its type. From any thread.
class process {
 public:
  virtual ~process() = default;

  // Called once. `details` receives what is known about a failure, before `done` is called.
  virtual void start(diagnostics* details, completion<std::error_code> done) = 0;
  // Waits for the end.
  virtual void join(completion<std::error_code, close_reason> done) = 0;
  // Ends it in order.
  virtual void shutdown() = 0;
  // Ends it at once.
  virtual void abort() = 0;
  // Its owner is gone: ends it, without any more callbacks. Later calls have no effect.
  virtual void kill() noexcept = 0;

  // One of these is not null.
  virtual const addressee* as_client() const noexcept { return nullptr; }
  virtual supervision* as_supervisor() const noexcept { return nullptr; }
};

// A client. Destroying `owner` ends it.
WSX_API std::shared_ptr<process> make_process(addressee client, request target,
                                              std::shared_ptr<void> owner);
WSX_API std::shared_ptr<process> make_process(std::shared_ptr<supervision> tree);

}  // namespace wsx::detail
