#include <wsx/detail/engine.hpp>
#include <wsx/session.hpp>

#include <string>

namespace wsx {

std::error_code session::send_frame(const protocol::outgoing_frame& frame) {
  return engine_.stage(frame);
}

std::error_code session::close() {
  return engine_.begin_close({});
}

std::error_code session::close(close_code code, std::string_view reason) {
  return engine_.begin_close({code, std::string(reason)});
}

const connection_info& session::connection() const noexcept {
  return engine_.connection();
}

wsx::stats session::stats() const noexcept {
  return engine_.stats();
}

asio::any_io_executor session::get_executor() const noexcept {
  return engine_.executor();
}

}  // namespace wsx
