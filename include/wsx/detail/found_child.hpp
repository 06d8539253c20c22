#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/completion.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/error.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/system_executor.hpp>

#include <optional>
#include <utility>

namespace wsx::detail {

// A child that was looked for.
struct found_child {
  engine_ref engine{};                 // null if none was found
  std::optional<strand> supervisor{};  // its strand
};

// Begins an operation of a child; without one completes it.
template <class Initiation>
class initiate_for_child {
 public:
  using executor_type = strand;

  explicit initiate_for_child(found_child child) noexcept : child_(std::move(child)) {}

  executor_type get_executor() const {
    if (child_.engine) return child_.engine.serial();
    return child_.supervisor ? *child_.supervisor : as_strand(asio::system_executor());
  }

  template <class Handler, class Start>
  void operator()(Handler handler, Start start) const {
    if (child_.engine) return Initiation(child_.engine)(std::move(handler), std::move(start));
    Initiation::refuse(std::move(handler), get_executor(), errc::child_not_found);
  }

 private:
  found_child child_;
};

template <class Initiation>
initiate_for_child<Initiation> initiate(const found_child& child) {
  return initiate_for_child<Initiation>(child);
}

}  // namespace wsx::detail
