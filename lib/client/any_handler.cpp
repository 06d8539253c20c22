#include <wsx/detail/any_handler.hpp>

namespace wsx::detail {

asio::awaitable<void> nothing() {
  co_return;
}

}  // namespace wsx::detail
