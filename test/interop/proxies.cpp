#include "../common/noise.hpp"
#include "test_client.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

// Real proxies, in front of real servers.

using common_test::noise;

namespace {

const std::vector<std::string> proxies{"SQUID", "SQUID_TLS", "TINYPROXY", "DANTE", "MICROSOCKS"};

std::string url_of(const std::string& proxy) {
  return from_environment("WSX_INTEROP_PROXY_" + proxy);
}

// Trusts the proxy, too.
wsx::options by(const std::string& proxy_url) {
  auto o = trusting_options();
  o.dial.proxy.url = proxy_url;
  o.dial.proxy.tls = std::make_shared<const wsx::tls_options>(o.tls);
  return o;
}

// "http://me:secret@127.0.0.1:3128" with something else before the "@".
std::string with_user(std::string url, const std::string& user) {
  const auto begin = url.find("://") + 3;
  const auto at = url.find('@');
  return url.replace(begin, at == std::string::npos ? 0 : at + 1 - begin, user);
}

// A port of this machine where nobody listens.
std::string nobody() {
  asio::io_context io;
  const asio::ip::tcp::acceptor acceptor(
      io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  return "ws://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/";
}

}  // namespace

TEST_SUITE("interop/proxies") {
  TEST_CASE("messages of every size come back through each, in the clear and over TLS") {
    with_each_of({"PYTHON_WS", "PYTHON_WSS"}, [](const server& s) {
      for (const auto& name : proxies) {
        CAPTURE(name);
        test_client client{s, by(url_of(name))};
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{1}, std::size_t{65'536}, std::size_t{4'000'000}}) {
          const auto sent = noise(size);
          client.send(wsx::binary{std::string_view(sent)});
          CHECK(client.next() == received{wsx::opcode::binary, sent});
        }
        client.close();
      }
    });
  }

  TEST_CASE("the server closes the connection, or drops it") {
    for (const auto& name : proxies) {
      CAPTURE(name);
      test_client closed{server_named("PYTHON_WS"), by(url_of(name))};
      closed.send_text("!close 4001 bye");
      CHECK(closed.join().received == wsx::close_code{4001});
      test_client dropped{server_named("PYTHON_WS"), by(url_of(name))};
      dropped.send_text("!drop");
      check_dropped(dropped);
    }
  }

  TEST_CASE("SOCKS: the address instead of the name") {
    for (const std::string name : {"DANTE", "MICROSOCKS"}) {
      CAPTURE(name);
      auto url = url_of(name);
      url.erase(url.find('h'), 1);  // socks5h
      auto s = server_named("PYTHON_WS");
      test_client client{s, by(url)};
      client.send_text("hello");
      CHECK(client.next().payload == "hello");
      client.close();
    }
  }

  TEST_CASE("a wrong password, or none") {
    for (const std::string name : {"SQUID", "SQUID_TLS", "MICROSOCKS"}) {
      for (const std::string user : {"", "me:wrong@"}) {
        CAPTURE(name);
        CAPTURE(user);
        const auto refused =
            refusal(server_named("PYTHON_WS").url, by(with_user(url_of(name), user)));
        CHECK(refused.code() == wsx::errc::proxy_authentication_required);
        CHECK(std::string(refused.what()).find("wrong") == std::string::npos);
        if (name == "MICROSOCKS") continue;
        CHECK(std::string(refused.what()).find("it asks for Basic") != std::string::npos);
      }
    }
  }

  TEST_CASE("a server that is not there") {
    const auto url = nobody();
    for (const auto& name : proxies) {
      CAPTURE(name);
      const auto refused = refusal(url, by(url_of(name)));
      CAPTURE(std::string(refused.what()));
      CHECK(refused.code() == wsx::errc::proxy_refused_for_now);
      CHECK(refused.code() == wsx::condition::transient);
    }
  }
}
