#include "../../../lib/transport/proxy/exchange.hpp"

#include <wsx/error.hpp>
#include <wsx/version.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

using wsx::errc;

namespace {

struct asked {
  std::unique_ptr<wsx::proxy_exchange> exchange;
  std::string request;
  std::string what{};

  explicit asked(const std::string& proxy_url = "http://p", const std::string& url = "wss://h/") {
    wsx::proxy by;
    REQUIRE(parse_proxy(proxy_url, by, what));
    wsx::url to;
    REQUIRE_FALSE(wsx::parse_url(url, to));
    exchange = make_http_connect(by, to);
    request = exchange->take_output();
    CHECK(exchange->take_output().empty());
  }

  std::error_code answer(std::string_view text) {
    return exchange->feed(wsx::as_bytes(text), what);
  }
};

struct refusal {
  std::error_code error{};
  std::string what{};
};

// However the answer is split, the result is the same.
refusal refused(const std::string& answer, const std::string& proxy_url = "http://p") {
  asked whole(proxy_url);
  const auto error = whole.answer(answer);
  CHECK_FALSE(whole.exchange->done());
  asked by_bytes(proxy_url);
  std::error_code split;
  for (std::size_t i = 0; i < answer.size() && !split; ++i)
    split = by_bytes.answer(std::string_view(answer).substr(i, 1));
  CHECK(split == error);
  return {error, whole.what};
}

}  // namespace

TEST_SUITE("transport/proxy/http_connect") {
  TEST_CASE("RFC 9112 3.2.3: the request has the authority, with the port") {
    const std::string agent = "wsx/" + std::to_string(wsx::version::major) + "." +
                              std::to_string(wsx::version::minor) + "." +
                              std::to_string(wsx::version::patch);
    CHECK(asked("http://p", "wss://example.com/feed?token=x").request ==
          "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nUser-Agent: " + agent +
              "\r\n\r\n");
    CHECK(asked("http://p", "ws://a:b@example.com/")
              .request.starts_with(
                  "CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\nUser"));
    CHECK(asked("http://p", "ws://[fe80::1%eth0]:8080/")
              .request.starts_with("CONNECT [fe80::1]:8080 HTTP/1.1\r\nHost: [fe80::1]:8080\r\n"));
  }

  TEST_CASE("RFC 7617: the name and password of the proxy's URL") {
    const asked a("http://Aladdin:open%20sesame@p");
    CHECK(a.request.find("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") !=
          std::string::npos);
  }

  TEST_CASE("2xx opens the way, whatever the head says of a body") {
    for (const char* const head :
         {"HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n",
          "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nVia: x\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"}) {
      CAPTURE(head);
      asked a;
      CHECK_FALSE(a.answer(head));
      CHECK(a.exchange->done());
      CHECK(a.exchange->take_output().empty());
    }
  }

  TEST_CASE("an answer in pieces") {
    asked a;
    for (const char c : std::string_view("HTTP/1.1 200 OK\r\nVia: x\r\n\r\n")) {
      CHECK_FALSE(a.exchange->done());
      REQUIRE_FALSE(a.answer({&c, 1}));
    }
    CHECK(a.exchange->done());
  }

  TEST_CASE("the proxy speaks first: nobody has asked the server yet") {
    asked a;
    CHECK(a.answer("HTTP/1.1 200 OK\r\n\r\nx") == errc::malformed_proxy_answer);
    CHECK(a.what == "the proxy sent more than the head of its answer");
    CHECK_FALSE(a.exchange->done());
  }

  TEST_CASE("407 names what the proxy asks for") {
    const std::string head = "HTTP/1.1 407 Proxy Authentication Required\r\n";
    const auto none = refused(
        head + "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n");
    CHECK(none.error == errc::proxy_authentication_required);
    CHECK(none.what ==
          "the proxy answered HTTP 407 Proxy Authentication Required: it asks for Negotiate, "
          "Basic, and its URL has no name and password");
    const auto other = refused(head + "Proxy-Authenticate: Digest x\r\n\r\n", "http://a:b@p");
    CHECK(other.what ==
          "the proxy answered HTTP 407 Proxy Authentication Required: it asks for Digest, and it "
          "does "
          "not take the name and password of its URL");
    const auto silent = refused("HTTP/1.1 407\r\nProxy-Authenticate: \x1b\r\n\r\n");
    CHECK(silent.error == errc::malformed_proxy_answer);
    const auto odd = refused("HTTP/1.1 407\r\nProxy-Authenticate: =\r\n\r\n");
    CHECK(odd.what == "the proxy answered HTTP 407: its URL has no name and password");
  }

  TEST_CASE("other statuses, with their reason") {
    const auto no = refused("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\n");
    CHECK(no.error == errc::proxy_refused);
    CHECK(no.what == "the proxy answered HTTP 403 Forbidden");
    CHECK(refused("HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n").error ==
          errc::proxy_refused);
    CHECK(refused("HTTP/1.1 101 Switching\r\n\r\n").error == errc::proxy_refused);
    for (const char* const status : {"408", "425", "429", "500", "502", "503", "504"}) {
      CAPTURE(status);
      const auto later = refused("HTTP/1.1 " + std::string(status) + "\r\n\r\n");
      CHECK(later.error == errc::proxy_refused_for_now);
      CHECK(later.what == "the proxy answered HTTP " + std::string(status));
    }
  }

  TEST_CASE("what is no HTTP is shown, escaped") {
    const auto other = refused("SSH-2.0-x\x1b\r\n");
    CHECK(other.error == errc::malformed_proxy_answer);
    CHECK(other.what ==
          "the proxy's answer is not one of HTTP: line 1 of the response is not HTTP/1.1: "
          R"("SSH-2.0-x\x1b")");
    const auto tls = refused("\x15\x03\x01");
    CHECK(tls.error == errc::malformed_proxy_answer);
    CHECK(tls.what == "the proxy speaks TLS on this port: use https");
  }

  TEST_CASE("the head is bounded") {
    const auto big = refused("HTTP/1.1 200 OK\r\nA: " + std::string(20'000, 'x'));
    CHECK(big.error == errc::malformed_proxy_answer);
    CHECK(big.what == "the head of the proxy's answer is longer than 16384 bytes");
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 129; ++i) many += "A: b\r\n";
    CHECK(refused(many).what == "the proxy's answer has more than 128 headers");
    std::string interim;
    for (int i = 0; i < 1000; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(refused(interim).error == errc::malformed_proxy_answer);
  }

  TEST_CASE("credentials that the proxy repeats are not shown") {
    const std::string secret = "QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    const std::string by = "http://Aladdin:open%20sesame@p";
    const auto reason = refused("HTTP/1.1 403 Basic " + secret + " is bad\r\n\r\n", by);
    CHECK(reason.what == "the proxy answered HTTP 403 Basic *** is bad");
    const auto echo = refused(secret + secret + "\r\n", by);
    CHECK(echo.what.find(secret) == std::string::npos);
  }

  TEST_CASE("an end in between") {
    asked a;
    CHECK(a.exchange->describe_end() == "the proxy ended the connection without an answer");
    REQUIRE_FALSE(a.answer("HTTP/1.1 2"));
    CHECK(a.exchange->describe_end() == "the proxy ended the connection within its answer");
  }
}
