#include <wsx/transport/any.hpp>

#include <utility>

namespace wsx {

any_transport::any_transport(asio::any_io_executor executor,
                             std::shared_ptr<transport_settings> settings)
    : settings_(std::move(settings)),
      chosen_(std::in_place_type<tcp_transport>, std::move(executor), settings_) {}

asio::awaitable<std::error_code> any_transport::connect(const url& to, diagnostics& d) {
  auto& tcp = std::get<tcp_transport>(chosen_);
  const auto settings = std::move(settings_);  // only TLS keeps them
  if (!to.secure()) return tcp.connect(to, d);
  auto executor = tcp.executor();  // outlives the transport that is replaced
  auto& tls = chosen_.emplace<tls_transport>(std::move(executor), settings);
  return tls.connect(to, d);
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
  return std::visit([](const auto& t) { return t.committed(); }, chosen_);
}

std::optional<std::size_t> any_transport::unacknowledged() noexcept {
  return std::visit([](auto& t) { return t.unacknowledged(); }, chosen_);
}

std::string any_transport::error_detail() const {
  return std::visit([](const auto& t) { return t.error_detail(); }, chosen_);
}

std::optional<tls_info> any_transport::tls() const {
  const auto* const tls = std::get_if<tls_transport>(&chosen_);
  return tls != nullptr ? tls->tls() : std::nullopt;
}

}  // namespace wsx
