#include <wsx/transport/strand.hpp>

#include <typeinfo>
#include <utility>

namespace wsx {

strand as_strand(asio::any_io_executor executor) {
  // Not `target` alone: up to Asio 1.22 it does not look at the type.
  if (executor.target_type() == typeid(strand)) return *executor.target<strand>();
  return strand(std::move(executor));
}

}  // namespace wsx
