#pragma once

#include <wsx/config.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace wsx::testing {

/// A certificate with its private key, both in PEM.
struct certificate {
  std::string certificate_pem;
  std::string key_pem;
};

/// The period in which a certificate is valid.
enum class validity { now, expired, not_yet };

/// The names and the validity of a server's certificate.
struct server_certificate_options {
  std::string common_name{"wsx test server"};
  std::vector<std::string> dns_names{"localhost"};
  std::vector<std::string> ip_addresses{"127.0.0.1", "::1"};
  validity valid = validity::now;
};

/// Makes a certificate authority. Each call makes new keys (P-256, well under a millisecond).
certificate make_ca(std::string_view common_name = "wsx test CA");

/// Makes an authority whose certificate another one has signed.
certificate make_intermediate_ca(const certificate& ca,
                                 std::string_view common_name = "wsx test intermediate CA");

/// Makes a client's certificate, signed by `ca`.
certificate make_client_certificate(const certificate& ca,
                                    std::string_view common_name = "wsx test client");

/// Makes a server's certificate, signed by `ca`.
certificate make_server_certificate(const certificate& ca,
                                    const server_certificate_options& options = {});

/// Makes a server's certificate that no authority signed.
certificate make_self_signed_certificate(const server_certificate_options& options = {});

}  // namespace wsx::testing
