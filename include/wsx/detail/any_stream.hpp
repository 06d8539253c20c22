#pragma once

#include <wsx/error.hpp>
#include <wsx/transport/transport.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace wsx::detail {

// A transport without its type, so that the client's core is compiled once, not once per transport.
// It is called once per batch, not once per message.
class any_stream {
 public:
  virtual ~any_stream() = default;
  virtual asio::awaitable<std::error_code> connect(const url& to, diagnostics& d) = 0;
  virtual std::error_code adopt(const url& to, connected_socket&& socket, diagnostics& d) = 0;
  virtual io_result read_some(std::span<std::byte> room) noexcept = 0;
  virtual io_result write_some(bytes_view bytes) noexcept = 0;
  virtual std::size_t committed() const noexcept = 0;
  virtual std::optional<std::size_t> unacknowledged() noexcept = 0;
  virtual void async_wait(io_direction direction, wait_handler ready) = 0;
  virtual void shutdown() noexcept = 0;
  virtual void close() noexcept = 0;
  virtual std::string peer_endpoint() const = 0;
  virtual std::string local_endpoint() const = 0;
  virtual std::string error_detail() const = 0;
  virtual std::optional<tls_info> tls() const = 0;
};

template <transport Transport>
class stream_model final : public any_stream {
 public:
  stream_model(asio::any_io_executor executor, std::shared_ptr<transport_settings> settings)
      : transport_(std::move(executor), std::move(settings)) {}

  asio::awaitable<std::error_code> connect(const url& to, diagnostics& d) override {
    return transport_.connect(to, d);
  }
  std::error_code adopt([[maybe_unused]] const url& to, [[maybe_unused]] connected_socket&& socket,
                        diagnostics& d) override {
    if constexpr (requires { transport_.adopt(to, std::move(socket), d); }) {
      return transport_.adopt(to, std::move(socket), d);
    } else {
      d.detail = "the client's transport can't use a connected socket";
      return errc::not_connected;
    }
  }
  io_result read_some(std::span<std::byte> room) noexcept override {
    return transport_.read_some(room);
  }
  io_result write_some(bytes_view bytes) noexcept override { return transport_.write_some(bytes); }
  std::size_t committed() const noexcept override {
    if constexpr (requires(const Transport& t) { t.committed(); }) {
      return transport_.committed();
    } else {
      return 0;
    }
  }
  std::optional<std::size_t> unacknowledged() noexcept override {
    if constexpr (requires { transport_.unacknowledged(); }) {
      return transport_.unacknowledged();
    } else {
      return std::nullopt;
    }
  }
  void async_wait(io_direction direction, wait_handler ready) override {
    transport_.async_wait(direction, std::move(ready));
  }
  void shutdown() noexcept override { transport_.shutdown(); }
  void close() noexcept override { transport_.close(); }
  std::string peer_endpoint() const override { return transport_.peer_endpoint(); }
  std::string local_endpoint() const override { return transport_.local_endpoint(); }
  std::string error_detail() const override {
    if constexpr (requires { transport_.error_detail(); }) {
      return transport_.error_detail();
    } else {
      return {};
    }
  }
  std::optional<tls_info> tls() const override {
    if constexpr (requires(const Transport& t) { t.tls(); }) {
      return transport_.tls();
    } else {
      return std::nullopt;
    }
  }

 private:
  Transport transport_;
};

// Makes the stream of the next connection.
using stream_factory = std::unique_ptr<any_stream> (*)(asio::any_io_executor,
                                                       std::shared_ptr<transport_settings>);

template <transport Transport>
std::unique_ptr<any_stream> make_stream(asio::any_io_executor executor,
                                        std::shared_ptr<transport_settings> settings) {
  return std::make_unique<stream_model<Transport>>(std::move(executor), std::move(settings));
}

}  // namespace wsx::detail
