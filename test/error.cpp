#include <wsx/error.hpp>

#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace {

using wsx::condition;
using wsx::errc;

std::vector<errc> all_between(errc first, errc last) {
  std::vector<errc> result;
  for (int value = static_cast<int>(first); value <= static_cast<int>(last); ++value) {
    result.push_back(static_cast<errc>(value));
  }
  return result;
}

std::string message(errc e) {
  return make_error_code(e).message();
}

// Those with a message: the compiler warns of one without.
std::vector<errc> all_errors() {
  auto result = all_between(errc{1}, errc{998});
  std::erase_if(result, [](errc e) { return message(e) == message(errc{999}); });
  return result;
}

std::set<errc> members(condition group) {
  std::set<errc> result;
  for (const errc e : all_errors()) {
    if (make_error_code(e) == group) result.insert(e);
  }
  return result;
}

std::set<errc> joined(std::vector<errc> a, const std::vector<errc>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return {a.begin(), a.end()};
}

std::set<errc> without(std::set<errc> all, errc one) {
  all.erase(one);
  return all;
}

// What the category of another copy of the library looks like: another object, the same name.
class foreign_category final : public std::error_category {
 public:
  explicit foreign_category(std::string name) : name_(std::move(name)) {}
  const char* name() const noexcept override { return name_.c_str(); }
  std::string message(int) const override { return {}; }

 private:
  std::string name_;
};

}  // namespace

TEST_SUITE("error") {
  TEST_CASE("every error has a message of its own, one plain phrase") {
    std::set<std::string> seen;
    for (const errc e : all_errors()) {
      const std::string text = message(e);
      CAPTURE(text);
      CHECK(text != message(errc{999}));
      CHECK(seen.insert(text).second);
      CHECK_FALSE(text.ends_with('.'));
      CHECK(text.find('\n') == std::string::npos);
    }
    CHECK(seen.size() >= 80);
  }

  TEST_CASE("every condition has a message of its own") {
    std::set<std::string> seen;
    for (int value = 1; value <= static_cast<int>(condition::transient); ++value) {
      seen.insert(make_error_condition(static_cast<condition>(value)).message());
    }
    CHECK(seen.size() == 8);
    CHECK_FALSE(seen.contains(make_error_condition(condition{9999}).message()));
  }

  TEST_CASE("a value that is no error still has a message") {
    CHECK_FALSE(message(errc{0}).empty());
    CHECK_FALSE(message(errc{-1}).empty());
    CHECK_FALSE(message(errc{39}).empty());
  }

  TEST_CASE("texts that become a Close reason fit into one (RFC 6455 5.5)") {
    for (const errc e : all_between(errc::reserved_bits, errc::unsupported_data)) {
      CHECK(message(e).size() <= 123);
    }
    for (const errc e : all_between(errc::message_too_big, errc::too_many_fragments)) {
      CHECK(message(e).size() <= 123);
    }
  }

  TEST_CASE("errors convert to codes of their category") {
    const std::error_code code = errc::queue_full;
    CHECK(code);
    CHECK(code.value() == static_cast<int>(errc::queue_full));
    CHECK(code.category() == wsx::error_category());
    CHECK(std::strcmp(code.category().name(), "wsx") == 0);
    CHECK(code == errc::queue_full);
    CHECK(code != errc::mailbox_full);
    CHECK(std::strcmp(wsx::condition_category().name(), "wsx.condition") == 0);
  }

  TEST_CASE("handshake_failed") {
    CHECK(members(condition::handshake_failed) ==
          joined(all_between(errc::malformed_response, errc::handshake_dropped),
                 {errc::handshake_timeout, errc::too_many_redirects, errc::bad_redirect}));
  }

  TEST_CASE("protocol_violation") {
    CHECK(members(condition::protocol_violation) ==
          joined(all_between(errc::reserved_bits, errc::unsupported_data), {}));
  }

  TEST_CASE("timeout") {
    CHECK(members(condition::timeout) ==
          joined(all_between(errc::connect_timeout, errc::data_timeout), {}));
  }

  TEST_CASE("tls_failed") {
    CHECK(members(condition::tls_failed) ==
          joined(all_between(errc::tls_handshake_failed, errc::pin_mismatch), {}));
  }

  TEST_CASE("limit_exceeded") {
    CHECK(members(condition::limit_exceeded) ==
          joined(all_between(errc::message_too_big, errc::too_many_fragments),
                 {errc::response_head_too_big, errc::too_many_headers}));
  }

  TEST_CASE("not_connected") {
    CHECK(members(condition::not_connected) == std::set{errc::not_connected, errc::closing,
                                                        errc::aborted, errc::connection_dropped,
                                                        errc::closed_abnormally});
  }

  TEST_CASE("permanent: what was asked for, or what the server is") {
    auto expected = all_between(errc::invalid_url, errc::message_over_queue);
    const auto what_servers_are =
        without(joined(all_between(errc::malformed_response, errc::bad_extensions_header), {}),
                errc::refused_for_now);
    expected.insert(expected.end(), what_servers_are.begin(), what_servers_are.end());
    CHECK(members(condition::permanent) ==
          joined(expected,
                 {errc::certificate_rejected, errc::invalid_ca, errc::no_tls,
                  errc::invalid_client_certificate, errc::pin_mismatch, errc::handler_failed,
                  errc::too_many_redirects, errc::bad_redirect, errc::proxy_authentication_required,
                  errc::proxy_refused, errc::malformed_proxy_answer}));
  }

  TEST_CASE("transient: all else that keeps from connecting or ends a connection") {
    std::set<errc> expected;
    for (const errc e : all_errors()) {
      const bool of_a_state = e < errc::connect_timeout || e >= errc::no_supervisor;
      const bool of_a_proxy = e == errc::proxy_refused_for_now || e == errc::proxy_dropped;
      if (of_a_proxy) expected.insert(e);
      if (!of_a_state && make_error_code(e) != condition::permanent) expected.insert(e);
    }
    expected.insert(errc::prepare_failed);
    CHECK(members(condition::transient) == expected);
    for (const errc e : {errc::refused_for_now, errc::handshake_dropped, errc::ping_timeout,
                         errc::peer_not_reading, errc::data_timeout, errc::connection_dropped,
                         errc::internal_failure})
      CHECK(expected.contains(e));
  }

  TEST_CASE(
      "what the state of a client or a supervisor refuses is neither permanent nor transient") {
    for (const errc e :
         joined(all_between(errc::not_connected, errc::would_deadlock),
                all_between(errc::no_supervisor, errc::reached_max_restart_intensity))) {
      CHECK(make_error_code(e) != condition::permanent);
      CHECK(make_error_code(e) != condition::transient);
    }
  }

  TEST_CASE("errors of the system and of its resolver are transient") {
    const std::vector<std::error_code> codes{std::make_error_code(std::errc::connection_refused),
                                             std::error_code(ENETUNREACH, std::system_category()),
                                             asio::error::connection_refused,
                                             asio::error::host_not_found,
                                             asio::error::host_not_found_try_again,
                                             asio::error::service_not_found};
    for (const auto& code : codes) {
      CAPTURE(code.message());
      CHECK(code == condition::transient);
      CHECK(code != condition::permanent);
    }
    CHECK(std::error_code() != condition::transient);
    CHECK(std::error_code(asio::error::operation_aborted) != condition::transient);
  }

  TEST_CASE("an error of another category is in no group, whatever its value") {
    const foreign_category foreign("wsx2");
    for (int group = 1; group <= static_cast<int>(condition::transient); ++group) {
      for (int value = 0; value < 200; ++value) {
        CHECK(std::error_code(value, foreign) != static_cast<condition>(group));
      }
    }
  }

  TEST_CASE("an unknown condition has no members") {
    CHECK(members(condition{99}).empty());
  }

  TEST_CASE("codes of another copy of the library compare with conditions") {
    const foreign_category copy("wsx");
    const std::error_code code(static_cast<int>(errc::ping_timeout), copy);
    CHECK(code == condition::timeout);
    CHECK(code != condition::tls_failed);
    CHECK(code == make_error_code(errc::ping_timeout).default_error_condition());
    CHECK(code != make_error_code(errc::close_timeout).default_error_condition());
  }
}
