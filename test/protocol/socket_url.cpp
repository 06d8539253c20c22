#include "../../lib/protocol/display.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/handshake.hpp>
#include <wsx/url.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>

// The URLs of unix-domain sockets, as Node's package ws has them.

namespace {

using wsx::errc;
using wsx::url;

url parsed(std::string_view text) {
  CAPTURE(text);
  url result;
  std::string what;
  const auto error = wsx::parse_url(text, result, what);
  CHECK_MESSAGE(!error, what);
  return result;
}

// Which rule is said to be broken.
std::string fault(std::string_view text, std::error_code expected = errc::invalid_url) {
  CAPTURE(text);
  url unchanged;
  std::string what;
  CHECK(wsx::parse_url(text, unchanged, what) == expected);
  CHECK(unchanged.socket_path.empty());
  return what;
}

}  // namespace

TEST_SUITE("protocol/socket_url") {
  TEST_CASE("the parts") {
    const url u = parsed("ws+unix:///run/app.sock:/feed?a=b:c");
    CHECK(u.scheme == "ws+unix");
    CHECK_FALSE(u.secure());
    CHECK(u.socket_path == "/run/app.sock");
    CHECK(u.target == "/feed?a=b:c");
    CHECK(u.user_info.empty());
    CHECK(u.authority() == "localhost");
    CHECK(u.host_and_port() == "unix:/run/app.sock");
  }

  TEST_CASE("the slashes and the target may be left out") {
    for (const char* text : {"ws+unix:/run/app.sock", "ws+unix:///run/app.sock",
                             "WS+Unix:/run/app.sock:", " ws+unix:/run/app.sock:/ "}) {
      const url u = parsed(text);
      CHECK(u.scheme == "ws+unix");
      CHECK(u.socket_path == "/run/app.sock");
      CHECK(u.target == "/");
    }
    CHECK(parsed("ws+unix:/a:?x=1").target == "/?x=1");
  }

  TEST_CASE("what would end the path is percent-encoded there") {
    const url u = parsed("ws+unix:/run/a%3Ab%3fc%25%23.sock:/x%3Ay");
    CHECK(u.socket_path == "/run/a:b?c%#.sock");
    CHECK(u.target == "/x%3Ay");
    CHECK(parsed("ws+unix:/run/100%.sock").socket_path == "/run/100%.sock");
    CHECK(parsed("ws+unix:/run/b\u00FCcher@home.sock").socket_path == "/run/b\u00FCcher@home.sock");
  }

  TEST_CASE("the name of an abstract socket, unix(7)") {
    const url u = parsed("ws+unix:@app/feed 1:/x");
    CHECK(u.socket_path == "@app/feed 1");
    CHECK(u.target == "/x");
    CHECK(u.host_and_port() == "unix:@app/feed 1");
    CHECK(fault("ws+unix:@:/x") == "the name of the abstract socket is missing");
    CHECK(fault("ws+unix://@app:/x") ==
          "an abstract socket is written without slashes: ws+unix:@name");
  }

  TEST_CASE("what is refused, and why") {
    CHECK(fault("ws+unix:") == "the path of the socket is missing");
    CHECK(fault("ws+unix://") == "the path of the socket is missing");
    CHECK(fault("ws+unix::/x") == "the path of the socket is missing");
    CHECK(fault("ws+unix:run/app.sock") == "the path of the socket does not begin with a slash");
    CHECK(fault("ws+unix://run/app.sock") == "the path of the socket does not begin with a slash");
    CHECK(fault("ws+unix:%40app") == "the path of the socket does not begin with a slash");
    CHECK(fault("ws+unix:/run/app.sock?a=b") ==
          "the path of the socket has a question mark, which is written %3F there");
    CHECK(fault("ws+unix:/run/app.sock:feed") ==
          "the path behind that of the socket does not begin with a slash");
    CHECK(fault("ws+unix:/run/app.sock:/feed#x") == "it has a fragment");
    CHECK(fault("ws+unix:/run/app.sock#x") == "it has a fragment");
    CHECK(fault("ws+unix:/a\tb") == "the path of the socket has a tab at character 11");
    CHECK(fault("ws+unix:/a%00b") == "the path of the socket, decoded, has a NUL at character 3");
    CHECK(fault("ws+unix:/a%0Ab") ==
          "the path of the socket, decoded, has a line feed at character 3");
    CHECK(fault("ws+unix:/a%FFb") ==
          "the path of the socket, decoded, has the byte \\xff at character 3");
    CHECK(fault("ws+unix:/a:/b\nc") == "the path has a line feed at character 14");
    CHECK(fault("wss+unix:/run/app.sock", errc::unsupported_scheme) ==
          "wss+unix is not supported: a unix-domain socket needs no TLS, use ws+unix");
  }

#if defined(__linux__)
  TEST_CASE("the longest path fits a sockaddr_un, unix(7)") {
    CHECK(parsed("ws+unix:/" + std::string(106, 'a')).socket_path.size() == 107);
    CHECK(parsed("ws+unix:@" + std::string(106, 'a')).socket_path.size() == 107);
    CHECK(fault("ws+unix:/" + std::string(107, 'a')) ==
          "the path of the socket is longer than 107 bytes");
    CHECK(parsed("ws+unix:/" + std::string(35, 'a') + "%3A").socket_path.size() == 37);
  }
#endif

  TEST_CASE("the Host header is localhost") {
    wsx::protocol::upgrade_request request;
    request.to = parsed("ws+unix:/run/app.sock:/feed");
    const auto head = wsx::protocol::format_request(request, "dGhlIHNhbXBsZSBub25jZQ==");
    CHECK(head.starts_with("GET /feed HTTP/1.1\r\nHost: localhost\r\n"));
  }

  TEST_CASE("what was understood is understood again") {
    for (const char* text : {"ws+unix:/run/a%3Ab%3Fc%25%23%5C.sock:/x?y=1", "ws+unix:@a b%3A/c",
                             "ws+unix:///run/b\u00FCcher.sock"}) {
      const url first = parsed(text);
      const url again = parsed(first.without_user_info());
      CHECK(again.socket_path == first.socket_path);
      CHECK(again.target == first.target);
    }
  }

  TEST_CASE("shown: all but the values of the query; nothing is taken for a password") {
    using wsx::protocol::display_url;
    CHECK(display_url("ws+unix:///run/a@b.sock:/feed?key=secret") ==
          "ws+unix:///run/a@b.sock:/feed?key=***");
    CHECK(display_url("ws+unix:@app:/feed?key=secret@x") == "ws+unix:@app:/feed?key=***");
    CHECK(display_url("ws+unix://user:secret@host/x") == "ws+unix://host/x");
  }
}
