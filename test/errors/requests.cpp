#include "report.hpp"

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>

// What the user asks for, refused before anything is sent.

namespace errors_test {

namespace {

using namespace loopback_test;

outcome connect(const wsx::request& target, const wsx::options& options = calm()) {
  test_client<> client{{}, options};
  return client.connect(target);
}

wsx::request request_to(const std::string& url) {
  wsx::request target;
  target.url = url;
  return target;
}

wsx::request with_header(const std::string& name, const std::string& value) {
  auto target = request_to("ws://127.0.0.1:1/");
  target.headers.push_back({name, value});
  return target;
}

wsx::request with_subprotocols(std::vector<std::string> names) {
  auto target = request_to("ws://127.0.0.1:1/");
  target.subprotocols = std::move(names);
  return target;
}

void urls(report& to) {
  to.section("URLs");
  const std::vector<std::string> bad{"",
                                     "localhost",
                                     "localhost:7802",
                                     "//localhost/",
                                     "ftp://localhost/",
                                     "ws:///path",
                                     "ws://:80/",
                                     "ws://localhost:0/",
                                     "ws://localhost:65536/",
                                     "ws://localhost:http/",
                                     "ws://localhost/a\tb",
                                     "ws://localhost/\r\nX: y",
                                     "ws://localhost/\x1b[31m?token=secret",
                                     "ws://localhost/\xff",
                                     "ws://localhost/?a=\x7f",
                                     "ws://localhost/#top",
                                     "wss://m%3Ae:secret@localhost/?token=secret",
                                     "wss://me:sec\nret@localhost/",
                                     "ws://256.1.1.1/",
                                     "ws://127.1/",
                                     "ws://[::1/",
                                     "ws://[fe80::1%a b]/",
                                     "ws://" + std::string(9000, 'a') + "/"};
  for (const auto& url : bad) {
    const std::string shown = url.size() > 60 ? "a URL of 9 KB" : url;
    to.add("`" + wsx::to_string(wsx::request(request_to(shown))) + "`", connect(request_to(url)));
  }
}

void headers(report& to) {
  to.section("Headers and subprotocols");
  to.add("a header without a name", connect(with_header("", "x")));
  to.add("a header's name with a colon", connect(with_header("X:", "x")));
  to.add("a line feed in a header's value", connect(with_header("Authorization", "secret\nX: y")));
  to.add("a header of the handshake's own", connect(with_header("Sec-WebSocket-Key", "x")));
  auto twice = with_header("Host", "a");
  twice.headers.push_back({"host", "b"});
  to.add("two Host headers", connect(twice));
  to.add("a subprotocol with a space", connect(with_subprotocols({"v 1"})));
  to.add("a subprotocol twice", connect(with_subprotocols({"v1", "v2", "v1"})));
}

template <class T>
outcome connect_with(T wsx::options::*option, T value) {
  auto options = calm();
  options.*option = value;
  return connect(request_to("ws://127.0.0.1:1/"), options);
}

wsx::options preparing(wsx::prepare_hook hook) {
  auto options = calm();
  options.dial.prepare = std::move(hook);
  return options;
}

void options(report& to) {
  using namespace std::chrono_literals;
  to.section("Options");
  to.add("connect_timeout 0", connect_with(&wsx::options::connect_timeout, 0ms));
  to.add("close_timeout -1 ms", connect_with(&wsx::options::close_timeout, -1ms));
  to.add("ping_interval 2 years",
         connect_with<std::chrono::milliseconds>(&wsx::options::ping_interval, 24h * 731));
  to.add("max_turn 2 s", connect_with<std::chrono::microseconds>(&wsx::options::max_turn, 2s));
  to.add("max_message_size 0", connect_with(&wsx::options::max_message_size, std::uint64_t{0}));
  to.add("max_fragments 0", connect_with(&wsx::options::max_fragments, std::size_t{0}));
  wsx::deflate_options deflate;
  deflate.level = 12;
  to.add("deflate level 12", connect_with(&wsx::options::deflate, std::optional(deflate)));
  wsx::tls_options tls;
  tls.server_name = "not a name";
  auto named = calm();
  named.tls = tls;
  to.add("server_name with a space", connect(request_to("wss://127.0.0.1:1/"), named));
  wsx::reconnect_options reconnect;
  reconnect.delay.factor = 0.5;
  to.add("a reconnect factor of 0.5",
         connect_with(&wsx::options::reconnect, std::optional(reconnect)));
  to.add("a prepare that throws",
         connect(request_to("ws://127.0.0.1:1/"), preparing([](wsx::request&, std::size_t) {
                   throw std::runtime_error("no token\x1b");
                 })));
}

void authorities(report& to) {
  to.section("Trusted certificates");
  const auto with = [](auto change) {
    auto options = calm();
    change(options.tls);
    return connect(request_to("wss://127.0.0.1:1/"), options);
  };
  to.add("no such ca_file", with([](wsx::tls_options& t) { t.ca_file = "/no/such/file.pem"; }));
  to.add("a ca_file that is no PEM", with([](wsx::tls_options& t) { t.ca_file = "/dev/null"; }));
  to.add("no such ca_path", with([](wsx::tls_options& t) { t.ca_path = "/no/such/folder"; }));
  to.add("ca_pem that is no PEM", with([](wsx::tls_options& t) { t.ca_pem = "secret"; }));
  to.add("a key without a certificate",
         with([](wsx::tls_options& t) { t.certificate.key_pem = "secret"; }));
  to.add("no such chain_file",
         with([](wsx::tls_options& t) { t.certificate.chain_file = "/no/such/file.pem"; }));
  to.add("ca_der that is no DER", with([](wsx::tls_options& t) { t.ca_der = {"secret"}; }));
}

}  // namespace

void requests(report& to) {
  urls(to);
  headers(to);
  options(to);
  authorities(to);
}

}  // namespace errors_test
