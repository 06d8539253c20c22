#include "lookup.hpp"

#include <asio/error.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/address_v6.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace wsx {

namespace {

bool same_letter(char a, char b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return lower(a) == lower(b);
}

}  // namespace

bool is_within_domain(std::string_view name, std::string_view domain) noexcept {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() < domain.size()) return false;
  const auto rest = name.substr(0, name.size() - domain.size());
  if (!std::ranges::equal(name.substr(rest.size()), domain, same_letter)) return false;
  return rest.empty() || (rest.size() > 1 && rest.ends_with('.'));
}

asio::awaitable<lookup_result> lookup::wait() {
  if (!result_ && !canceled_) {
    done_.expires_at(asio::steady_timer::time_point::max());
    std::error_code ignored;
    co_await done_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (!result_) cancel();  // the coroutine was canceled
  lookup_result result;
  result.error = asio::error::operation_aborted;
  if (!canceled_) result = std::move(*result_);
  co_return result;
}

void lookup::cancel() noexcept {
  if (std::exchange(canceled_, true)) return;
  if (!result_) stop();
  done_.cancel();
}

void lookup::finish(lookup_result result) {
  if (canceled_ || result_) return;
  result_ = std::move(result);
  done_.cancel();
}

std::optional<lookup_result> look_up_special(std::string_view host, std::uint16_t port) {
  lookup_result result;
  if (is_within_domain(host, "localhost")) {
    result.found = {{asio::ip::address_v6::loopback(), port},
                    {asio::ip::address_v4::loopback(), port}};
    return result;
  }
  if (!is_within_domain(host, "invalid")) return std::nullopt;
  result.error = asio::error::host_not_found;
  return result;
}

std::string describe_lookup(std::error_code error) {
  if (error == asio::error::host_not_found) return "no host has that name";
  if (error == asio::error::no_data) return "that name has no address";
  if (error == asio::error::host_not_found_try_again) return "no name server answered";
  if (error == asio::error::no_recovery) return "the name server failed";
  return {};
}

}  // namespace wsx
