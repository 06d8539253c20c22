#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/completion.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/process.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/export.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace wsx {
struct child_counts;
struct child_info;
struct child_spec;
struct supervisor_options;
}  // namespace wsx

namespace wsx::detail {

// A supervisor as its public class sees it. The implementation is in lib/supervision.
// From any thread.
class supervision_ref {
 public:
  // What to do with a child, given its spec or, from the third on, its name.
  enum class request : std::uint8_t {
    start_child,
    replace_child_spec,
    terminate_child,
    restart_child,
    delete_child,
  };

  supervision_ref() = default;
  explicit supervision_ref(std::shared_ptr<supervision> s) noexcept : supervision_(std::move(s)) {}
  WSX_API supervision_ref(const asio::any_io_executor& executor, const supervisor_options& options,
                          std::vector<child_spec> children);

  explicit operator bool() const noexcept { return supervision_ != nullptr; }
  const std::shared_ptr<supervision>& get() const noexcept { return supervision_; }

  // Operations: see `engine_ref`.
  WSX_API ticket next_ticket() const noexcept;
  WSX_API void start(ticket t, wsx::diagnostics* details, completion<std::error_code> done) const;
  WSX_API void ask(ticket t, request what, child_spec spec, wsx::diagnostics* details,
                   completion<std::error_code> done) const;
  WSX_API void ask(ticket t, request what, std::string name, wsx::diagnostics* details,
                   completion<std::error_code> done) const;
  WSX_API void stop(ticket t, completion<std::error_code> done) const;
  WSX_API void join(ticket t, completion<std::error_code> done) const;
  WSX_API void cancel(ticket t) const;

  WSX_API void get_childspec(std::string name,
                             completion<std::error_code, std::optional<child_spec>> done) const;
  WSX_API void which_children(completion<std::vector<child_info>> done) const;
  WSX_API void count_children(completion<child_counts> done) const;
  WSX_API void tree(completion<std::string> done) const;

  // The running child of that name, or null.
  WSX_API std::shared_ptr<process> find(std::string_view name) const;

  // The owner is gone.
  WSX_API void kill() const noexcept;

  WSX_API const strand& serial() const noexcept;

 private:
  std::shared_ptr<supervision> supervision_;
};

}  // namespace wsx::detail
