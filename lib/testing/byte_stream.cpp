#include "byte_stream.hpp"

namespace wsx::testing {

std::string_view byte_stream::read_wire(const wait_limit& limit) {
  return {wire_.data(), channel_.read_some(wire_, limit)};
}

void byte_stream::flush_tls(const wait_limit& limit) {
  const auto wire = tls_->take_output();
  if (!wire.empty()) channel_.write(wire, limit);
}

void byte_stream::start_tls(const certificate& own, tls_versions versions,
                            client_certificates wanted, std::string_view client_ca,
                            std::string_view received, const wait_limit& limit) {
  auto& tls = tls_.emplace(own, versions, wanted, client_ca);
  tls.feed(received);
  while (!tls.handshake()) {
    flush_tls(limit);
    const auto wire = read_wire(limit);
    if (wire.empty()) throw script_error("the client ended TCP within the TLS handshake");
    tls.feed(wire);
  }
  flush_tls(limit);
}

bool byte_stream::read_some(std::string& plain, const wait_limit& limit) {
  const auto before = plain.size();
  for (;;) {
    if (tls_) {
      tls_->read(plain);
      flush_tls(limit);
    }
    if (plain.size() != before) return true;
    if (tls_ && tls_->received_close_notify()) return false;
    const auto wire = read_wire(limit);
    if (wire.empty()) return false;
    if (tls_) {
      tls_->feed(wire);
    } else {
      plain += wire;
    }
  }
}

void byte_stream::write(std::string_view plain, const wait_limit& limit) {
  if (!tls_) return channel_.write(plain, limit);
  tls_->write(plain);
  flush_tls(limit);
}

void byte_stream::send_close_notify(const wait_limit& limit) {
  tls("close_notify").send_close_notify();
  flush_tls(limit);
}

void byte_stream::update_keys(bool both, const wait_limit& limit) {
  tls("a KeyUpdate").update_keys(both);
  flush_tls(limit);
}

void byte_stream::fail_tls(const wait_limit& limit) {
  tls("an alert").fail();
  flush_tls(limit);
}

tls_session& byte_stream::tls(const char* wanted) {
  if (!tls_) throw script_error(wanted + std::string{" is for TLS only"});
  return *tls_;
}

void byte_stream::shutdown_send() noexcept {
  channel_.shutdown_send();
  send_ended_ = true;
}

void byte_stream::close(const wait_limit& limit) {
  if (!channel_.is_open()) return;
  const bool client_gone = ended() == stream_end::reset || ended() == stream_end::truncated;
  // If TLS has failed, this sends the alert that says why.
  if (tls_ && !send_ended_ && !client_gone) send_close_notify(limit);
  shutdown_send();
  // Closing a socket with unread bytes sends an RST, and the client may lose the last bytes that
  // were sent to it.
  for (auto wire = read_wire(limit); !wire.empty(); wire = read_wire(limit)) {
    if (tls_) tls_->discard(wire);
  }
  channel_.close();
}

stream_end byte_stream::ended() const noexcept {
  if (!tls_ || channel_.ended() == stream_end::reset) return channel_.ended();
  if (tls_->received_close_notify()) return stream_end::orderly;
  return channel_.ended() == stream_end::open ? stream_end::open : stream_end::truncated;
}

}  // namespace wsx::testing
