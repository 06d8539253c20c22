#include <wsx/transport/strand.hpp>

#include <typeinfo>

namespace wsx {

namespace {

const strand* strand_in(const asio::any_io_executor& executor) noexcept {
  // Not `target` alone: up to Asio 1.22 it does not check the type.
  return executor.target_type() == typeid(strand) ? executor.target<strand>() : nullptr;
}

}  // namespace

strand as_strand(asio::any_io_executor executor) {
  if (const strand* const s = strand_in(executor)) return *s;
  return strand(executor);
}

asio::any_io_executor below_strand(asio::any_io_executor executor) {
  if (const strand* const s = strand_in(executor)) return s->get_inner_executor();
  return executor;
}

}  // namespace wsx
