#pragma once

#include <wsx/config.hpp>

#include <wsx/client_status.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/detail/any_handler.hpp>
#include <wsx/detail/any_stream.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/detail/mail.hpp>
#include <wsx/error.hpp>
#include <wsx/export.hpp>
#include <wsx/options.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/outgoing_frame.hpp>
#include <wsx/request.hpp>
#include <wsx/stats.hpp>
#include <wsx/system_error.hpp>
#include <wsx/timer.hpp>
#include <wsx/trace.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_signal.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace wsx::detail {

class engine;
class handler_change;
class system_request;
struct send_channel;

// A client without its types, as its templates see it. The engine behind it is compiled once, in
// lib/client. The engine lives as long as a reference to it exists, or an operation of it is under
// way. Everything can be called from any thread unless the comment says otherwise.
class engine_ref {
 public:
  engine_ref() = default;
  explicit engine_ref(std::shared_ptr<engine> e) noexcept : engine_(std::move(e)) {}
  WSX_API engine_ref(const asio::any_io_executor& executor, wsx::options options,
                     stream_factory make, std::unique_ptr<any_handler> handler);

  explicit operator bool() const noexcept { return engine_ != nullptr; }
  const std::shared_ptr<engine>& get() const noexcept { return engine_; }

  // Operations. Each has a ticket, which can cancel it, and a completion. `details`, if not null,
  // is set on failure before `done` is called.
  WSX_API ticket next_ticket() const noexcept;
  WSX_API void connect(ticket t, request target, wsx::diagnostics* details,
                       completion<std::error_code> done,
                       std::unique_ptr<connected_socket> socket = {}) const;
  WSX_API void close(ticket t, protocol::close_payload how, completion<std::error_code> done) const;
  WSX_API void join(ticket t, completion<std::error_code, close_reason> done) const;
  WSX_API void flush(ticket t, completion<std::error_code> done) const;
  WSX_API void status(completion<client_status> done) const;
  // `copy` owns the payload; empty if the payload stays valid until `done` is called.
  WSX_API void send(ticket t, std::shared_ptr<send_channel> channel,
                    const protocol::outgoing_frame& frame, completion<std::error_code> done,
                    std::vector<std::byte> copy = {}) const;
  WSX_API void code_change(ticket t, std::unique_ptr<handler_change> change,
                           wsx::diagnostics* details, completion<std::error_code> done) const;
  WSX_API void suspend(ticket t, completion<std::error_code> done) const;
  WSX_API void resume(ticket t, completion<std::error_code> done) const;
  // `memory` is that of the request's completion.
  WSX_API void ask(ticket t, std::unique_ptr<system_request> what, operation_memory* memory) const;
  WSX_API void cancel(ticket t) const;

  WSX_API errc try_send(send_channel& channel, const protocol::outgoing_frame& frame) const;
  WSX_API std::shared_ptr<send_channel> make_channel() const;
  WSX_API void retire(std::shared_ptr<send_channel> channel) const noexcept;

  // No message: `errc::message_not_taken`.
  WSX_API std::error_code post(std::unique_ptr<mail> message) const;
  // Posts the message even if the mailbox is full.
  WSX_API void notify(std::unique_ptr<mail> message) const;
  WSX_API timer post_after(std::chrono::steady_clock::duration delay,
                           std::unique_ptr<mail> message) const;
  // Throws `std::system_error` if the system refuses.
  WSX_API void watch_signal(int number,
                            std::function<std::unique_ptr<mail>(int number)> make) const;

  // See `traceable`.
  WSX_API void trace(trace_sink sink, const trace_options& how) const;
  WSX_API void keep_trace(std::size_t lines, const trace_options& how) const;
  WSX_API std::vector<std::string> kept_trace() const;
  WSX_API void collect_statistics(bool on) const;
  WSX_API std::optional<trace_statistics> statistics() const;

  WSX_API void abort() const;
  // The client object is destroyed: `kill` aborts and calls the handler no more; after `disown` the
  // client goes on until it ends.
  WSX_API void kill() const noexcept;
  WSX_API void disown() const noexcept;

  // Returns whether a callback of this client awaits an operation with that slot. Such an operation
  // can't wait for anything that comes after the callback.
  WSX_API bool awaited_by_callback(const asio::cancellation_slot& slot) const noexcept;

  WSX_API bool is_open() const noexcept;
  WSX_API wsx::stats stats() const noexcept;
  WSX_API const strand& serial() const noexcept;
  asio::any_io_executor executor() const { return serial(); }
  // On the strand.
  WSX_API const connection_info& connection() const noexcept;

 private:
  std::shared_ptr<engine> engine_;
};

// Gives the engine of a client to what supervises or links it.
struct client_access {
  template <class Client>
  static const engine_ref& engine_of(const Client& client) noexcept {
    return client.engine_;
  }
  template <class Child>
  static auto child_of(const Child& child) noexcept {
    return child.found();
  }
};

}  // namespace wsx::detail
