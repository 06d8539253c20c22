#include "../../../lib/transport/proxy/proxy.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <vector>

namespace {

wsx::proxy parsed(const std::string& text) {
  wsx::proxy result;
  std::string what;
  REQUIRE_MESSAGE(parse_proxy(text, result, what), what);
  return result;
}

std::string fault_of(const std::string& text) {
  wsx::proxy result;
  std::string what;
  REQUIRE_FALSE(parse_proxy(text, result, what));
  return what;
}

}  // namespace

TEST_SUITE("transport/proxy/proxy") {
  TEST_CASE("each kind, with curl's ports") {
    using wsx::proxy_kind;
    const auto http = parsed("http://proxy.example");
    CHECK(http.kind == proxy_kind::http);
    CHECK(http.at.host_and_port() == "proxy.example:1080");
    CHECK_FALSE(http.at.secure());
    const auto https = parsed("HTTPS://Proxy.example/");
    CHECK(https.kind == proxy_kind::https);
    CHECK(https.at.host_and_port() == "proxy.example:443");
    CHECK(https.at.secure());
    CHECK(parsed("socks5://127.0.0.1").kind == proxy_kind::socks5);
    CHECK(parsed("socks5://127.0.0.1").at.host_and_port() == "127.0.0.1:1080");
    CHECK(parsed("socks5h://[::1]").kind == proxy_kind::socks5h);
    CHECK(parsed("socks5h://[::1]").at.host_and_port() == "[::1]:1080");
  }

  TEST_CASE("a port that is the one of the web is kept") {
    CHECK(parsed("http://proxy.example:80").at.port == 80);
    CHECK(parsed("http://a:b@proxy.example:80/").at.port == 80);
    CHECK(parsed("http://[::1]:80").at.port == 80);
    CHECK(parsed("http://proxy.example:").at.port == 1080);
    CHECK(parsed("https://proxy.example:8443").at.port == 8443);
    CHECK(parsed(" http://a:80@proxy.example ").at.port == 1080);
  }

  TEST_CASE("the name and password are decoded") {
    CHECK(parsed("http://me:s%40cret@proxy.example").at.user_info == "me:s@cret");
    CHECK(parsed("socks5://me@proxy.example").at.user_info == "me:");
    CHECK(parsed("http://proxy.example").at.user_info.empty());
  }

  TEST_CASE("what is no proxy, without its secrets") {
    CHECK(fault_of("") ==
          "the scheme is missing: a proxy's URL begins with http://, https://, socks5:// or "
          "socks5h://");
    CHECK(fault_of("proxy.example:3128").starts_with("the scheme is missing"));
    CHECK(fault_of("me:secret@x://proxy.example").starts_with("the scheme is missing"));
    CHECK(fault_of("socks4://proxy.example") ==
          R"(the scheme is "socks4", not http, https, socks5 or socks5h)");
    CHECK(fault_of("http://") == "the host is missing");
    CHECK(fault_of("http://me:secret@proxy.example/path") == "it has a path or a query");
    CHECK(fault_of("http://proxy.example?a") == "it has a path or a query");
    CHECK(fault_of("http://proxy.example:0") == "the port is not 1 to 65535");
    CHECK(fault_of("http://me:sec\nret@proxy.example").find("ret") == std::string::npos);
  }

  TEST_CASE("RFC 1929 2: names and passwords of SOCKS have 255 bytes at most") {
    const std::string most(255, 'x');
    CHECK(parsed("socks5://" + most + ":" + most + "@h").at.user_info == most + ":" + most);
    const std::string fault = "the user name or the password is longer than 255 bytes";
    CHECK(fault_of("socks5h://" + most + "x:y@h") == fault);
    CHECK(fault_of("socks5h://x:y" + most + "@h") == fault);
    CHECK(parsed("http://x:y" + most + "@h").at.user_info == "x:y" + most);
  }
}
