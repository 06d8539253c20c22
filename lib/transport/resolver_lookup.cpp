#include "../protocol/display.hpp"
#include "lookup.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>

#include <utility>

namespace wsx {

namespace {

// What the user's function throws may say why.
lookup_result failure_of(const std::exception_ptr& thrown) {
  lookup_result result;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::system_error& e) {
    constexpr std::size_t most = 200;
    result.error = e.code();
    result.detail = protocol::escape(e.what(), most);
  } catch (...) {
    result.exception = thrown;
  }
  if (!result.exception && !result.error) result.error = asio::error::no_recovery;
  return result;
}

lookup_result result_of(const std::exception_ptr& thrown, resolver::endpoints found) {
  if (thrown) return failure_of(thrown);
  lookup_result result;
  if (found.empty()) {
    result.error = asio::error::no_data;
    result.detail = "dial_options::resolver returned no address";
  }
  result.found = std::move(found);
  return result;
}

class resolver_lookup final : public lookup, public std::enable_shared_from_this<resolver_lookup> {
 public:
  resolver_lookup(const strand& s, std::shared_ptr<resolver> by, std::string host,
                  std::uint16_t port)
      : lookup(s), by_(std::move(by)), host_(std::move(host)), port_(port) {}

  void begin() override;

 private:
  // Without memory, what the user's coroutine waits for is not canceled.
  void stop() noexcept override {
    try {
      interrupt_.emit(asio::cancellation_type::terminal);
    } catch (...) {}
  }

  const std::shared_ptr<resolver> by_;
  const std::string host_;
  const std::uint16_t port_;
  asio::cancellation_signal interrupt_{};
};

// A coroutine of its own: one that ignores its cancellation does not hold the client up.
void resolver_lookup::begin() {
  try {
    auto ended = [self = shared_from_this()](const std::exception_ptr& thrown,
                                             resolver::endpoints found) {
      self->finish(result_of(thrown, std::move(found)));
    };
    asio::co_spawn(serial, by_->resolve(host_, port_),
                   asio::bind_cancellation_slot(interrupt_.slot(), std::move(ended)));
  } catch (...) {
    finish(result_of(std::current_exception(), {}));
  }
}

}  // namespace

std::shared_ptr<lookup> make_resolver_lookup(const strand& s, std::shared_ptr<resolver> by,
                                             std::string host, std::uint16_t port) {
  return std::make_shared<resolver_lookup>(s, std::move(by), std::move(host), port);
}

}  // namespace wsx
