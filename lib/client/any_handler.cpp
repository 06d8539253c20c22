#include <wsx/detail/any_handler.hpp>

#include <utility>

namespace wsx::detail {

asio::awaitable<void> nothing() {
  co_return;
}

asio::awaitable<disconnect_decision> decided(disconnect_decision decision) {
  co_return std::move(decision);
}

}  // namespace wsx::detail
