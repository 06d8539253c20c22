#include <wsx/error.hpp>
#include <wsx/options.hpp>
#include <wsx/resolver.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct bound {
  const char* name;
  std::function<void(wsx::options&)> least;  // the least that is allowed
  std::function<void(wsx::options&)> less;   // what is not
};

// An option of the given type whose least value is `allowed`.
template <class Value>
bound at_least(const char* name, Value wsx::options::*member, Value allowed, Value refused) {
  return {name, [=](wsx::options& o) { o.*member = allowed; },
          [=](wsx::options& o) { o.*member = refused; }};
}

template <class Value>
bound positive(const char* name, Value wsx::options::*member) {
  return at_least(name, member, Value{1}, Value{0});
}

bound longest(const char* name, milliseconds wsx::options::*member) {
  return at_least(name, member, milliseconds(std::chrono::hours(24 * 365)), milliseconds::max());
}

bound deflate_bound(const char* name, int wsx::deflate_options::*member, int allowed, int refused) {
  const auto set = [=](int value) {
    return [=](wsx::options& o) { (o.deflate = wsx::deflate_options()).value().*member = value; };
  };
  return {name, set(allowed), set(refused)};
}

auto aging(milliseconds jitter) {
  return [jitter](wsx::options& o) {
    o.max_connection_age = milliseconds(1000);
    o.max_connection_age_jitter = jitter;
  };
}

auto addresses_within(milliseconds limit) {
  return [limit](wsx::options& o) { o.dial.address_timeout = limit; };
}

auto redirected(std::size_t most) {
  return [most](wsx::options& o) { o.dial.max_redirects = most; };
}

auto with_socket(const std::function<void(wsx::socket_options&)>& set) {
  return [set](wsx::options& o) { set(o.dial.socket); };
}

template <class Value>
auto keeping(Value wsx::tcp_keepalive::*member, Value value) {
  return [=](wsx::options& o) {
    o.dial.socket.keepalive = wsx::tcp_keepalive();
    o.dial.socket.keepalive.value().*member = value;
  };
}

auto reconnecting(wsx::reconnect_options how) {
  return [how](wsx::options& o) { o.reconnect = how; };
}

const std::vector<bound>& bounds() {
  using o = wsx::options;
  static const std::vector<bound> all{
      positive("connect_timeout", &o::connect_timeout),
      {"dial.address_timeout", addresses_within(milliseconds(0)),
       addresses_within(milliseconds(-1))},
      {"dial.address_timeout", addresses_within(std::chrono::hours(24 * 365)),
       addresses_within(milliseconds::max())},
      {"dial.max_redirects", redirected(0), redirected(33)},
      {"dial.max_redirects", redirected(32), redirected(SIZE_MAX)},
      {"dial.socket.keepalive.idle", keeping(&wsx::tcp_keepalive::idle, seconds(1)),
       keeping(&wsx::tcp_keepalive::idle, seconds(0))},
      {"dial.socket.keepalive.idle", keeping(&wsx::tcp_keepalive::idle, seconds(32'767)),
       keeping(&wsx::tcp_keepalive::idle, seconds(32'768))},
      {"dial.socket.keepalive.interval", keeping(&wsx::tcp_keepalive::interval, seconds(1)),
       keeping(&wsx::tcp_keepalive::interval, seconds(0))},
      {"dial.socket.keepalive.interval", keeping(&wsx::tcp_keepalive::interval, seconds(32'767)),
       keeping(&wsx::tcp_keepalive::interval, seconds(32'768))},
      {"dial.socket.keepalive.count", keeping(&wsx::tcp_keepalive::count, 1),
       keeping(&wsx::tcp_keepalive::count, 0)},
      {"dial.socket.keepalive.count", keeping(&wsx::tcp_keepalive::count, 127),
       keeping(&wsx::tcp_keepalive::count, 128)},
      {"dial.socket.receive_buffer", with_socket([](auto& s) { s.receive_buffer = INT32_MAX; }),
       with_socket([](auto& s) { s.receive_buffer = std::size_t{1} << 31; })},
      {"dial.socket.send_buffer", with_socket([](auto& s) { s.send_buffer = INT32_MAX; }),
       with_socket([](auto& s) { s.send_buffer = SIZE_MAX; })},
      {"dial.socket.type_of_service", with_socket([](auto& s) { s.type_of_service = 255; }),
       with_socket([](auto& s) { s.type_of_service = 256; })},
      {"dial.socket.type_of_service", with_socket([](auto& s) { s.type_of_service = 0; }),
       with_socket([](auto& s) { s.type_of_service = -1; })},
      {"dial.socket.local_address", with_socket([](auto& s) { s.local_address = "::1"; }),
       with_socket([](auto& s) { s.local_address = "localhost"; })},
      positive("handshake_timeout", &o::handshake_timeout),
      positive("close_timeout", &o::close_timeout),
      at_least("ping_interval", &o::ping_interval, milliseconds(0), milliseconds(-1)),
      positive("ping_timeout", &o::ping_timeout),
      at_least("data_timeout", &o::data_timeout, milliseconds(0), milliseconds(-1)),
      longest("data_timeout", &o::data_timeout),
      at_least("max_connection_age", &o::max_connection_age, milliseconds(0), milliseconds(-1)),
      longest("max_connection_age", &o::max_connection_age),
      {"max_connection_age_jitter", aging(milliseconds(1000)), aging(milliseconds(1001))},
      {"heartbeat.interval", [](o& x) { x.heartbeat = wsx::heartbeat(milliseconds(1), "a"); },
       [](o& x) { x.heartbeat = wsx::heartbeat(milliseconds(0), "a"); }},
      {"reconnect.delay.initial", reconnecting({.delay = {.initial = milliseconds(0)}}),
       reconnecting({.delay = {.initial = milliseconds(-1)}})},
      {"reconnect.delay.max", reconnecting({.delay = {.max = milliseconds(0)}}),
       reconnecting({.delay = {.max = milliseconds(-1)}})},
      {"reconnect.delay.factor", reconnecting({.delay = {.factor = 1.0}}),
       reconnecting({.delay = {.factor = 0.99}})},
      {"reconnect.delay.factor", reconnecting({.delay = {.factor = 1e300}}),
       reconnecting({.delay = {.factor = std::numeric_limits<double>::quiet_NaN()}})},
      {"reconnect.reset_after", reconnecting({.reset_after = milliseconds(0)}),
       reconnecting({.reset_after = milliseconds(-1)})},
      {"reconnect.max_time", reconnecting({.max_time = milliseconds(0)}),
       reconnecting({.max_time = milliseconds(-1)})},
      longest("connect_timeout", &o::connect_timeout),
      longest("handshake_timeout", &o::handshake_timeout),
      longest("close_timeout", &o::close_timeout),
      longest("ping_interval", &o::ping_interval),
      longest("ping_timeout", &o::ping_timeout),
      positive("max_message_size", &o::max_message_size),
      positive("max_frame_size", &o::max_frame_size),
      positive("max_fragments", &o::max_fragments),
      positive("max_head_size", &o::max_head_size),
      positive("max_headers", &o::max_headers),
      positive("send_queue_size", &o::send_queue_size),
      at_least("send_queue_size", &o::send_queue_size, std::size_t{1} << 40,
               (std::size_t{1} << 40) + 1),
      positive("max_reply_bytes", &o::max_reply_bytes),
      positive("mailbox_size", &o::mailbox_size),
      at_least("max_turn", &o::max_turn, microseconds(0), microseconds(-1)),
      at_least("max_turn", &o::max_turn, microseconds(1'000'000), microseconds(1'000'001)),
      deflate_bound("deflate.level", &wsx::deflate_options::level, 0, -1),
      deflate_bound("deflate.level", &wsx::deflate_options::level, 9, 10),
      deflate_bound("deflate.memory_level", &wsx::deflate_options::memory_level, 1, 0),
      deflate_bound("deflate.memory_level", &wsx::deflate_options::memory_level, 9, 10),
      deflate_bound("deflate.server_max_window_bits", &wsx::deflate_options::server_max_window_bits,
                    8, 7),
      deflate_bound("deflate.server_max_window_bits", &wsx::deflate_options::server_max_window_bits,
                    15, 16),
      deflate_bound("deflate.client_max_window_bits", &wsx::deflate_options::client_max_window_bits,
                    8, 7),
      deflate_bound("deflate.client_max_window_bits", &wsx::deflate_options::client_max_window_bits,
                    15, 16),
  };
  return all;
}

}  // namespace

TEST_SUITE("options") {
  // GCC 12 destroys the temporary aggregates of a co_await expression twice.
  static_assert(!std::is_aggregate_v<wsx::options>);
  static_assert(!std::is_aggregate_v<wsx::tls_options>);

  TEST_CASE("set: one option after the other") {
    using o = wsx::options;
    const auto set = o().set(&o::ping_interval, std::chrono::seconds(5))
                         .set(&o::deflate, wsx::deflate_options{.level = 1})
                         .set(&o::tls, wsx::tls_options()
                                           .set(&wsx::tls_options::ca_file, "ca.pem")
                                           .set(&wsx::tls_options::verify, false));
    o expected;
    expected.ping_interval = milliseconds(5000);
    expected.deflate = wsx::deflate_options{.level = 1};
    expected.tls.ca_file = "ca.pem";
    expected.tls.verify = false;
    CHECK(set == expected);
    CHECK(set != o());
  }

  TEST_CASE("set: on options with a name as well") {
    wsx::options o;
    static_assert(std::same_as<decltype(o.set(&wsx::options::max_headers, 1)), wsx::options&>);
    o.set(&wsx::options::max_headers, 1).set(&wsx::options::mailbox_size, 2);
    CHECK(o.max_headers == 1);
    CHECK(o.mailbox_size == 2);
    wsx::tls_options tls;
    tls.set(&wsx::tls_options::resume, false);
    CHECK(!tls.resume);
  }

  TEST_CASE("the defaults are valid, and say what the documentation says") {
    const wsx::options o;
    std::string what;
    CHECK(!wsx::check_options(o, what));
    CHECK(what.empty());
    CHECK(o.tls.verify);
    CHECK(o.connect_timeout == milliseconds(6000));
    CHECK(o.dial.max_redirects == 0);
    CHECK(o.dial.address_timeout == milliseconds(0));
    CHECK(o.dial.resolver == nullptr);
    CHECK(o.dial.proxy == wsx::proxy_options());
    CHECK(o.dial.proxy.url.empty());
    CHECK(!o.dial.proxy.from_environment);
    CHECK(o.dial.socket.no_delay);
    CHECK_FALSE(o.dial.socket.keepalive);
    CHECK(o.handshake_timeout == milliseconds(5000));
    CHECK(o.close_timeout == milliseconds(5000));
    CHECK(o.ping_interval == milliseconds(20000));
    CHECK(o.ping_timeout == milliseconds(20000));
    CHECK(o.data_timeout == milliseconds(0));
    CHECK(o.max_connection_age == milliseconds(0));
    CHECK(o.max_connection_age_jitter == milliseconds(0));
    CHECK(o.max_message_size == 16u * 1024 * 1024);
    CHECK(o.max_fragments == 131072u);
    CHECK(o.max_head_size == 16u * 1024);
    CHECK(o.max_headers == 128u);
    CHECK(!o.drop_unsent_on_disconnect);
    CHECK(!o.handle_first_failure);
    CHECK(!o.reconnect_after_exception);
    CHECK(o.max_turn == microseconds(1000));
  }

  TEST_CASE("options with the same resolver are equal, and with another they are not") {
    const auto make = [] {
      return wsx::make_resolver(
          [](const std::string&, std::uint16_t) { return wsx::resolver::endpoints(); });
    };
    wsx::options one;
    one.dial.resolver = make();
    CHECK(one == wsx::options(one));
    CHECK(one != wsx::options());
    auto other = one;
    other.dial.resolver = make();
    CHECK(one != other);
  }

  TEST_CASE("proxies are equal by what they are, and TLS by its options") {
    wsx::options one;
    one.dial.proxy.url = "https://proxy.example";
    CHECK(one == wsx::options(one));
    CHECK(one != wsx::options());
    auto other = one;
    other.dial.proxy.no_proxy = "example.com";
    CHECK(one != other);
    other = one;
    other.dial.proxy.from_environment = true;
    CHECK(one != other);
    other = one;
    one.dial.proxy.tls = std::make_shared<const wsx::tls_options>();
    CHECK(one != other);
    other.dial.proxy.tls = std::make_shared<const wsx::tls_options>();
    CHECK(one == other);
    other.dial.proxy.tls = std::make_shared<const wsx::tls_options>(
        wsx::tls_options().set(&wsx::tls_options::verify, false));
    CHECK(one != other);
  }

  TEST_CASE("a proxy's URL is checked, and said without its secrets") {
    wsx::options o;
    std::string what;
    o.dial.proxy.url = "socks5h://me:secret@proxy.example";
    CHECK(!wsx::check_options(o, what));
    o.dial.proxy.url = "http://me:secret@proxy.example:70000";
    CHECK(wsx::check_options(o, what) == wsx::errc::invalid_option);
    CHECK(what == "dial.proxy.url is invalid: the port is not 1 to 65535");
    o.dial.proxy.url = "proxy.example";
    CHECK(wsx::check_options(o, what) == wsx::errc::invalid_option);
    CHECK(what ==
          "dial.proxy.url is invalid: the scheme is missing: a proxy's URL begins with http://, "
          "https://, "
          "socks5:// or socks5h://");
  }

  TEST_CASE("options with copies of the same functions are equal, and with others they are not") {
    wsx::options one;
    one.dial.socket.before_connect = [](wsx::native_socket) {};
    CHECK(one == wsx::options(one));
    CHECK(one != wsx::options());
    auto other = one;
    other.dial.socket.before_connect = [](wsx::native_socket) {};
    CHECK(one != other);
  }

  TEST_CASE("each bound") {
    for (const auto& b : bounds()) {
      CAPTURE(std::string(b.name));
      wsx::options o;
      std::string what;
      b.least(o);
      CHECK(!wsx::check_options(o, what));
      b.less(o);
      CHECK(wsx::check_options(o, what) == wsx::errc::invalid_option);
      CHECK(what.starts_with(std::string(b.name) + " is "));
    }
  }

#if defined(__linux__)

  TEST_CASE("the name of an interface has at most 15 bytes") {
    wsx::options o;
    std::string what;
    o.dial.socket.interface_name.assign(15, 'a');
    CHECK(!wsx::check_options(o, what));
    o.dial.socket.interface_name.assign(16, 'a');
    CHECK(wsx::check_options(o, what) == wsx::errc::invalid_option);
    CHECK(what ==
          R"(dial.socket.interface_name is "aaaaaaaaaaaaaaaa", it must be a name of at most 15 )"
          "bytes");
    o.dial.socket.interface_name = std::string("a\0b", 3);
    CHECK(wsx::check_options(o, what) == wsx::errc::invalid_option);
  }

#endif

  TEST_CASE("what is said has the option, its value and its range") {
    const auto said = [](const wsx::options& o) {
      std::string what;
      CHECK(wsx::check_options(o, what));
      return what;
    };
    wsx::options o;
    o.connect_timeout = milliseconds(0);
    CHECK(said(o) == "connect_timeout is 0 ms, it must be 1 to 31536000000 ms");
    o = {};
    o.ping_interval = milliseconds(-5);
    CHECK(said(o) == "ping_interval is -5 ms, it must be 0 to 31536000000 ms");
    o = {};
    o.max_turn = microseconds(2'000'000);
    CHECK(said(o) == "max_turn is 2000000 us, it must be 0 to 1000000 us");
    o = {};
    o.max_frame_size = 0;
    CHECK(said(o) == "max_frame_size is 0, it must be at least 1");
    o = {};
    o.send_queue_size = (std::size_t{1} << 40) + 1;
    CHECK(said(o) == "send_queue_size is 1099511627777, it must be 1 to 1099511627776");
    o = {};
    o.max_reply_bytes = (std::size_t{1} << 31) + 1;
    CHECK(said(o) == "max_reply_bytes is 2147483649, it must be 1 to 2147483648");
    o = {};
    o.deflate = wsx::deflate_options();
    o.deflate->level = 11;
    CHECK(said(o) == "deflate.level is 11, it must be 0 to 9");
    o = {};
    o.dial.socket.keepalive = wsx::tcp_keepalive{.idle = seconds(0)};
    CHECK(said(o) == "dial.socket.keepalive.idle is 0 s, it must be 1 to 32767 s");
    o = {};
    o.dial.socket.local_address = "a\nb";
    CHECK(said(o) == R"(dial.socket.local_address is "a\nb", it must be an IP address)");
  }

  TEST_CASE("sizes have no bound but that of their type") {
    wsx::options o;
    o.max_message_size = o.max_frame_size = UINT64_MAX;
    o.max_fragments = o.max_head_size = o.max_headers = o.mailbox_size = SIZE_MAX;
    std::string what;
    CHECK(!wsx::check_options(o, what));
    o.send_queue_size = SIZE_MAX;
    CHECK(wsx::check_options(o, what) == wsx::errc::invalid_option);
  }
}
