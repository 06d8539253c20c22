#include "happy_eyeballs.hpp"

#include "connecting.hpp"
#include "socket_setup.hpp"

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <exception>

namespace wsx {

// Also if the coroutine is destroyed, or there is no memory for the next attempt.
struct happy_eyeballs::close_others {
  explicit close_others(happy_eyeballs& all) noexcept : all_(all) {}
  close_others(const close_others&) = delete;
  close_others& operator=(const close_others&) = delete;
  ~close_others() { all_.close_all_but_winner(); }

 private:
  happy_eyeballs& all_;
};

happy_eyeballs::happy_eyeballs(const asio::any_io_executor& inner, std::vector<endpoint> to,
                               const dial_options& how)
    : to_(std::move(to)),
      options_(how.socket),
      schedule_(to_.size(), how.address_timeout),
      inner_(inner),
      wake_(inner) {
  attempts_.reserve(to_.size());
}

asio::awaitable<std::error_code> happy_eyeballs::connect() {
  const auto serial = co_await asio::this_coro::executor;
  const auto self = shared_from_this();
  const close_others at_end(*this);
  for (;;) {
    begin_what_is_due(serial);
    if (winner_ || canceled_ || schedule_.exhausted()) break;
    wake_.expires_at(schedule_.due());
    std::error_code ignored;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (canceled_) co_return asio::error::operation_aborted;
  co_return winner_ ? std::error_code() : last_error();
}

void happy_eyeballs::begin_what_is_due(const asio::any_io_executor& serial) {
  const auto now = std::chrono::steady_clock::now();
  while (const auto late = schedule_.expire(now)) give_up(*late, asio::error::timed_out);
  while (!winner_ && !canceled_) {
    const auto next = schedule_.start(now);
    if (!next) break;
    begun_attempt& a = attempts_.emplace_back(begun_attempt{asio::ip::tcp::socket(inner_)});
    socket_setup setup(options_);
    a.error = native_connecting::begin(a.socket, to_[*next], &setup);
    a.option = setup.failed();
    if (a.error == asio::error::in_progress) {
      await(*next, serial);
    } else {
      ended(*next, a.error);
    }
  }
}

// Its handler keeps this object, and with it the socket and the address.
void happy_eyeballs::await(std::size_t attempt, const asio::any_io_executor& serial) {
  asio::co_spawn(
      serial, native_connecting::finish(attempts_[attempt].socket, to_[attempt]),
      [self = shared_from_this(), attempt](const std::exception_ptr& thrown, std::error_code e) {
        self->ended(attempt, thrown ? make_error_code(asio::error::no_memory) : e);
        self->wake_.cancel();
      });
}

void happy_eyeballs::ended(std::size_t attempt, std::error_code error) {
  const bool late = winner_ || canceled_ || !attempts_[attempt].socket.is_open();
  if (late && error) return;
  if (late) return give_up(attempt, asio::error::operation_aborted);
  if (error) {
    give_up(attempt, error);
    schedule_.failed(attempt);
  } else {
    attempts_[attempt].error.clear();
    winner_ = attempt;
  }
}

void happy_eyeballs::give_up(std::size_t attempt, std::error_code error) noexcept {
  attempts_[attempt].error = error;
  std::error_code ignored;
  attempts_[attempt].socket.close(ignored);
}

void happy_eyeballs::close_all_but_winner() noexcept {
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    std::error_code ignored;
    if (i != winner_) attempts_[i].socket.close(ignored);
  }
}

void happy_eyeballs::cancel() noexcept {
  canceled_ = true;
  winner_.reset();
  close_all_but_winner();
  wake_.cancel();
}

std::error_code happy_eyeballs::last_error() const noexcept {
  return attempts_.empty() ? make_error_code(asio::error::not_found) : attempts_.back().error;
}

}  // namespace wsx
