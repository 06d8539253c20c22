#pragma once

#include "support.hpp"

#include <functional>
#include <stdexcept>

namespace rotation_test {

// Writes down what it is told of its connections; the log outlives it.
struct teller {
  lines* log;
  std::function<wsx::action(const wsx::connection_info&, wsx::session&)> greet{};

  wsx::action handle_connect(const wsx::connection_info& info, wsx::session& s) {
    return greet && info.number > 1 ? greet(info, s) : wsx::action();
  }
  wsx::action handle_frame(wsx::text t) {
    if (t.payload == "throw") throw std::runtime_error("told to");
    return t.payload == "close" ? wsx::close() : wsx::ok();
  }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    log->push_back("asked, " + std::string(wsx::to_string(d.reason.origin)));
    return wsx::reconnect();
  }
  void handle_event(const wsx::event::attempt_started& e) {
    log->push_back("attempt " + std::to_string(e.number) + " at " + e.url);
  }
  void handle_event(const wsx::event::attempt_failed& e) {
    log->push_back("failed " + std::to_string(e.number) + ": " + words(e.reason));
  }
  void handle_event(const wsx::event::connected& e) {
    log->push_back("connected " + std::to_string(e.connection.number));
  }
  void handle_event(const wsx::event::disconnected& e) {
    log->push_back("ended " + std::to_string(e.number) +
                   (e.still_connected ? ", another stays: " : ": ") + words(e.reason));
  }

  static std::string words(const wsx::close_reason& why) {
    if (why.error) return wsx::to_string(static_cast<wsx::errc>(why.error.value()));
    return std::string(wsx::to_string(why.origin)) + (why.sent ? " sent" : "") +
           (why.received ? " received" : "");
  }
};

struct telling_fixture : client_fixture<teller> {
  explicit telling_fixture(lines& log, wsx::options o = rotating())
      : client_fixture<teller>({&log}, std::move(o)) {}
};

}  // namespace rotation_test
