#pragma once

#include <wsx/config.hpp>

#include "cancelable.hpp"
#include "mailbox.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/signal_set.hpp>

#include <functional>
#include <memory>
#include <system_error>
#include <utility>

namespace wsx::detail {

// A signal that is posted as a message.
struct signal_watch final : cancelable {
  using make_mail = std::function<std::unique_ptr<mail>(int number)>;

  signal_watch(const asio::any_io_executor& strand, make_mail m)
      : signals(strand), make(std::move(m)) {}

  void cancel() override {
    std::error_code ignored;
    signals.cancel(ignored);
  }

  asio::signal_set signals;
  make_mail make;
};

}  // namespace wsx::detail
