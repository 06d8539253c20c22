#pragma once

#include "support.hpp"

#include <openssl/x509.h>

#include <string>
#include <string_view>
#include <utility>

// What the tests over TLS share.
namespace loopback_test {

inline void accept_and_end(wsx::testing::server_connection& client) {
  client.accept();
  client.send_close(1000);
  client.expect_close(1000);
}

inline wsx::testing::scripted_server tls_server(wsx::testing::certificate own) {
  return wsx::testing::scripted_server{accept_and_end, {.tls = std::move(own)}};
}

inline wsx::options trusting(const wsx::testing::certificate& ca) {
  auto options = calm();
  options.tls.ca_pem = ca.certificate_pem;
  return options;
}

inline outcome connect_once(const wsx::options& options, const std::string& url) {
  test_client<> client{{}, options};
  auto result = client.connect(url);
  if (result.ok()) CHECK(client.join().error == std::error_code());
  return result;
}

/// `detail` may be empty: then it need only be there.
inline void check_refused(const outcome& connected, int error, std::string_view subject,
                          std::string_view detail = {}) {
  CHECK(connected.error == wsx::errc::certificate_rejected);
  CHECK(connected.error == wsx::condition::tls_failed);
  CHECK(connected.diagnostics.certificate_error == error);
  CHECK(connected.diagnostics.certificate_depth == 0);
  CHECK(connected.diagnostics.certificate_subject == subject);
  CHECK(connected.diagnostics.stage == wsx::connect_stage::tls);
  CHECK_FALSE(connected.diagnostics.certificate_wanted.empty());
  CHECK_FALSE(connected.diagnostics.detail.empty());
  if (!detail.empty()) CHECK(connected.diagnostics.detail == detail);
}

inline constexpr std::string_view server_subject = "CN=wsx test server";

}  // namespace loopback_test
