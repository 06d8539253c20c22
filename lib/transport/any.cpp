#include "socket_io.hpp"

#include <wsx/transport/any.hpp>

#include <utility>

namespace wsx {

any_transport::any_transport(asio::any_io_executor executor,
                             std::shared_ptr<transport_settings> settings)
    : settings_(std::move(settings)),
      chosen_(std::in_place_type<tcp_transport>, std::move(executor), settings_) {}

asio::awaitable<std::error_code> any_transport::connect(const url& to, diagnostics& d) {
  choose(to, false);
  settings_.reset();  // only TLS keeps them
  return std::visit([&](auto& t) { return t.connect(to, d); }, chosen_);
}

std::error_code any_transport::adopt(const url& to, connected_socket&& socket, diagnostics& d) {
  choose(to, !to.secure() && is_local(socket));
  return std::visit([&](auto& t) { return t.adopt(to, std::move(socket), d); }, chosen_);
}

void any_transport::choose(const url& to, bool local) {
  auto* const tcp = std::get_if<tcp_transport>(&chosen_);
  if (tcp == nullptr) return;
  auto executor = tcp->executor();  // outlives what is replaced
  if (to.secure()) {
    chosen_.emplace<tls_transport>(std::move(executor), settings_);
  } else if (local || !to.socket_path.empty()) {
    chosen_.emplace<local_transport>(std::move(executor), settings_);
  }
}

io_result any_transport::read_some(std::span<std::byte> room) noexcept {
  return std::visit([&](auto& t) { return t.read_some(room); }, chosen_);
}

io_result any_transport::write_some(bytes_view bytes) noexcept {
  return std::visit([&](auto& t) { return t.write_some(bytes); }, chosen_);
}

void any_transport::async_wait(io_direction direction, wait_handler ready) {
  std::visit([&](auto& t) { t.async_wait(direction, std::move(ready)); }, chosen_);
}

void any_transport::shutdown() noexcept {
  std::visit([](auto& t) { t.shutdown(); }, chosen_);
}

void any_transport::close() noexcept {
  std::visit([](auto& t) { t.close(); }, chosen_);
}

std::string any_transport::peer_endpoint() const {
  return std::visit([](const auto& t) { return t.peer_endpoint(); }, chosen_);
}

std::string any_transport::local_endpoint() const {
  return std::visit([](const auto& t) { return t.local_endpoint(); }, chosen_);
}

std::size_t any_transport::committed() const noexcept {
  return std::visit(
      [](const auto& t) {
        if constexpr (requires { t.committed(); }) return t.committed();
        return std::size_t{0};
      },
      chosen_);
}

std::optional<std::size_t> any_transport::unacknowledged() noexcept {
  auto* const tls = std::get_if<tls_transport>(&chosen_);
  if (tls != nullptr) return tls->unacknowledged();
  auto* const tcp = std::get_if<tcp_transport>(&chosen_);
  return tcp != nullptr ? tcp->unacknowledged() : std::nullopt;
}

std::string any_transport::error_detail() const {
  return std::visit(
      [](const auto& t) {
        if constexpr (requires { t.error_detail(); }) return t.error_detail();
        return std::string();
      },
      chosen_);
}

std::optional<tls_info> any_transport::tls() const {
  const auto* const tls = std::get_if<tls_transport>(&chosen_);
  return tls != nullptr ? tls->tls() : std::nullopt;
}

}  // namespace wsx
