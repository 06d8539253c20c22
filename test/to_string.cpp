#include <wsx/fmt.hpp>
#include <wsx/ostream.hpp>
#include <wsx/to_string.hpp>
#include <wsx/wsx.hpp>

#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using wsx::to_string;

// All enumerators of a kind have a name of their own; a value without one is shown as a number.
template <class Enum>
void check_names(const std::vector<std::pair<Enum, std::string>>& expected) {
  std::set<std::string> seen;
  for (const auto& [value, name] : expected) {
    CHECK(to_string(value) == name);
    seen.insert(name);
  }
  CHECK(seen.size() == expected.size());
}

// How many values of an enumeration have a name: to be as many as the table above has.
template <class Enum>
std::size_t count_named(const std::string& type, int from, int to) {
  std::size_t count = 0;
  for (int value = from; value <= to; ++value) {
    if (!to_string(static_cast<Enum>(value)).starts_with(type + "(")) ++count;
  }
  return count;
}

wsx::close_reason closed(wsx::close_origin who, std::optional<wsx::close_code> code,
                         std::string text = {}) {
  wsx::close_reason reason;
  reason.origin = who;
  (who == wsx::close_origin::local ? reason.requested : reason.received) = code;
  reason.text = std::move(text);
  return reason;
}

template <class T>
std::string streamed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

const std::vector<std::pair<wsx::errc, std::string>> errors{
    {wsx::errc::invalid_url, "invalid_url"},
    {wsx::errc::unsupported_scheme, "unsupported_scheme"},
    {wsx::errc::invalid_header, "invalid_header"},
    {wsx::errc::reserved_header, "reserved_header"},
    {wsx::errc::invalid_subprotocol, "invalid_subprotocol"},
    {wsx::errc::invalid_option, "invalid_option"},
    {wsx::errc::invalid_close_code, "invalid_close_code"},
    {wsx::errc::control_payload_too_long, "control_payload_too_long"},
    {wsx::errc::invalid_text, "invalid_text"},
    {wsx::errc::fragment_out_of_order, "fragment_out_of_order"},
    {wsx::errc::message_over_queue, "message_over_queue"},
    {wsx::errc::not_connected, "not_connected"},
    {wsx::errc::already_started, "already_started"},
    {wsx::errc::closing, "closing"},
    {wsx::errc::queue_full, "queue_full"},
    {wsx::errc::mailbox_full, "mailbox_full"},
    {wsx::errc::aborted, "aborted"},
    {wsx::errc::would_deadlock, "would_deadlock"},
    {wsx::errc::connect_timeout, "connect_timeout"},
    {wsx::errc::handshake_timeout, "handshake_timeout"},
    {wsx::errc::close_timeout, "close_timeout"},
    {wsx::errc::ping_timeout, "ping_timeout"},
    {wsx::errc::peer_not_reading, "peer_not_reading"},
    {wsx::errc::data_timeout, "data_timeout"},
    {wsx::errc::malformed_response, "malformed_response"},
    {wsx::errc::response_head_too_big, "response_head_too_big"},
    {wsx::errc::too_many_headers, "too_many_headers"},
    {wsx::errc::refused, "refused"},
    {wsx::errc::refused_for_now, "refused_for_now"},
    {wsx::errc::bad_upgrade_header, "bad_upgrade_header"},
    {wsx::errc::bad_connection_header, "bad_connection_header"},
    {wsx::errc::bad_accept_header, "bad_accept_header"},
    {wsx::errc::bad_subprotocol_header, "bad_subprotocol_header"},
    {wsx::errc::bad_extensions_header, "bad_extensions_header"},
    {wsx::errc::handshake_dropped, "handshake_dropped"},
    {wsx::errc::tls_handshake_failed, "tls_handshake_failed"},
    {wsx::errc::certificate_rejected, "certificate_rejected"},
    {wsx::errc::invalid_ca, "invalid_ca"},
    {wsx::errc::no_tls, "no_tls"},
    {wsx::errc::tls_failed, "tls_failed"},
    {wsx::errc::reserved_bits, "reserved_bits"},
    {wsx::errc::reserved_opcode, "reserved_opcode"},
    {wsx::errc::masked_frame, "masked_frame"},
    {wsx::errc::fragmented_control, "fragmented_control"},
    {wsx::errc::control_too_long, "control_too_long"},
    {wsx::errc::invalid_length, "invalid_length"},
    {wsx::errc::unexpected_continuation, "unexpected_continuation"},
    {wsx::errc::expected_continuation, "expected_continuation"},
    {wsx::errc::bad_close_payload, "bad_close_payload"},
    {wsx::errc::bad_close_code, "bad_close_code"},
    {wsx::errc::invalid_utf8, "invalid_utf8"},
    {wsx::errc::invalid_deflate_data, "invalid_deflate_data"},
    {wsx::errc::unsupported_data, "unsupported_data"},
    {wsx::errc::message_too_big, "message_too_big"},
    {wsx::errc::frame_too_big, "frame_too_big"},
    {wsx::errc::too_many_fragments, "too_many_fragments"},
    {wsx::errc::connection_dropped, "connection_dropped"},
    {wsx::errc::closed_abnormally, "closed_abnormally"},
    {wsx::errc::handler_failed, "handler_failed"},
    {wsx::errc::internal_failure, "internal_failure"},
    {wsx::errc::no_supervisor, "no_supervisor"},
    {wsx::errc::child_not_found, "child_not_found"},
    {wsx::errc::child_already_present, "child_already_present"},
    {wsx::errc::child_running, "child_running"},
    {wsx::errc::child_restarting, "child_restarting"},
    {wsx::errc::child_not_made, "child_not_made"},
    {wsx::errc::reached_max_restart_intensity, "reached_max_restart_intensity"},
    {wsx::errc::message_not_taken, "message_not_taken"},
    {wsx::errc::code_change_failed, "code_change_failed"},
    {wsx::errc::state_not_taken, "state_not_taken"},
    {wsx::errc::no_module, "no_module"},
    {wsx::errc::module_differs, "module_differs"},
    {wsx::errc::module_not_loaded, "module_not_loaded"},
    {wsx::errc::too_many_modules, "too_many_modules"},
    {wsx::errc::handler_type_differs, "handler_type_differs"},
    {wsx::errc::prepare_failed, "prepare_failed"},
    {wsx::errc::too_many_redirects, "too_many_redirects"},
    {wsx::errc::bad_redirect, "bad_redirect"},
    {wsx::errc::proxy_authentication_required, "proxy_authentication_required"},
    {wsx::errc::proxy_refused, "proxy_refused"},
    {wsx::errc::proxy_refused_for_now, "proxy_refused_for_now"},
    {wsx::errc::malformed_proxy_answer, "malformed_proxy_answer"},
    {wsx::errc::proxy_dropped, "proxy_dropped"},
    {wsx::errc::invalid_client_certificate, "invalid_client_certificate"},
    {wsx::errc::pin_mismatch, "pin_mismatch"},
};

}  // namespace

TEST_SUITE("to_string: enumerations") {
  TEST_CASE("errc") {
    check_names(errors);
    CHECK(count_named<wsx::errc>("errc", 0, 1000) == errors.size());
    // Whatever has a message has a name, too.
    for (int value = 1; value <= 1000; ++value) {
      const auto e = static_cast<wsx::errc>(value);
      const bool known = make_error_code(e).message() != "unknown error";
      CHECK(known == !to_string(e).starts_with("errc("));
    }
    CHECK(to_string(wsx::errc{}) == "errc(0)");
    CHECK(to_string(wsx::errc{999}) == "errc(999)");
  }

  TEST_CASE("condition") {
    const std::vector<std::pair<wsx::condition, std::string>> all{
        {wsx::condition::handshake_failed, "handshake_failed"},
        {wsx::condition::protocol_violation, "protocol_violation"},
        {wsx::condition::timeout, "timeout"},
        {wsx::condition::tls_failed, "tls_failed"},
        {wsx::condition::limit_exceeded, "limit_exceeded"},
        {wsx::condition::not_connected, "not_connected"},
        {wsx::condition::permanent, "permanent"},
        {wsx::condition::transient, "transient"}};
    check_names(all);
    CHECK(count_named<wsx::condition>("condition", 0, 100) == all.size());
    CHECK(to_string(wsx::condition{99}) == "condition(99)");
  }

  TEST_CASE("close_code") {
    const std::vector<std::pair<wsx::close_code, std::string>> all{
        {wsx::close_code::normal, "1000 (normal)"},
        {wsx::close_code::going_away, "1001 (going away)"},
        {wsx::close_code::protocol_error, "1002 (protocol error)"},
        {wsx::close_code::unsupported_data, "1003 (unsupported data)"},
        {wsx::close_code::invalid_payload, "1007 (invalid payload)"},
        {wsx::close_code::policy_violation, "1008 (policy violation)"},
        {wsx::close_code::message_too_big, "1009 (message too big)"},
        {wsx::close_code::mandatory_extension, "1010 (mandatory extension)"},
        {wsx::close_code::internal_error, "1011 (internal error)"},
        {wsx::close_code::service_restart, "1012 (service restart)"},
        {wsx::close_code::try_again_later, "1013 (try again later)"},
        {wsx::close_code::bad_gateway, "1014 (bad gateway)"}};
    check_names(all);
    std::size_t named = 0;
    for (int value = 0; value < 65536; ++value)
      named += to_string(static_cast<wsx::close_code>(value)).find('(') != std::string::npos;
    CHECK(named == all.size());
    CHECK(to_string(wsx::close_code{4001}) == "4001");
    CHECK(to_string(wsx::close_code{0}) == "0");
  }

  TEST_CASE("close_origin, connect_stage, io_direction, opcode") {
    check_names<wsx::close_origin>({{wsx::close_origin::local, "local"},
                                    {wsx::close_origin::remote, "remote"},
                                    {wsx::close_origin::error, "error"}});
    CHECK(count_named<wsx::close_origin>("close_origin", -1, 100) == 3);
    check_names<wsx::connect_stage>({{wsx::connect_stage::checking, "checking"},
                                     {wsx::connect_stage::preparing, "preparing"},
                                     {wsx::connect_stage::resolving, "resolving"},
                                     {wsx::connect_stage::connecting, "connecting"},
                                     {wsx::connect_stage::proxy, "proxy"},
                                     {wsx::connect_stage::tls, "tls"},
                                     {wsx::connect_stage::handshake, "handshake"},
                                     {wsx::connect_stage::open, "open"}});
    CHECK(count_named<wsx::connect_stage>("connect_stage", -1, 100) == 8);
    check_names<wsx::io_direction>(
        {{wsx::io_direction::read, "read"}, {wsx::io_direction::write, "write"}});
    CHECK(count_named<wsx::io_direction>("io_direction", -1, 100) == 2);
    check_names<wsx::opcode>({{wsx::opcode::continuation, "continuation"},
                              {wsx::opcode::text, "text"},
                              {wsx::opcode::binary, "binary"},
                              {wsx::opcode::close, "close"},
                              {wsx::opcode::ping, "ping"},
                              {wsx::opcode::pong, "pong"}});
    CHECK(count_named<wsx::opcode>("opcode", 0, 255) == 6);
    CHECK(to_string(wsx::opcode{3}) == "opcode(3)");
  }
}

TEST_SUITE("to_string: frames and actions") {
  TEST_CASE("a text with how it begins, escaped and cut") {
    CHECK(to_string(wsx::text{"hello"}) == R"(text, 5 bytes: "hello")");
    CHECK(to_string(wsx::text{"x"}) == R"(text, 1 byte: "x")");
    CHECK(to_string(wsx::text{}) == "text, 0 bytes");
    CHECK(to_string(wsx::text{"a\r\n\x1b[31m"}) == R"(text, 8 bytes: "a\r\n\x1b[31m")");
    const std::string large(1000, 'x');
    const std::string shown = to_string(wsx::text{large});
    CHECK(shown.starts_with(R"(text, 1000 bytes: "xxxxx)"));
    CHECK(shown.ends_with(R"(...")"));
    CHECK(shown.size() < 80);
  }

  TEST_CASE("of all others the size") {
    CHECK(to_string(wsx::binary(std::string_view("\0\1\2", 3))) == "binary, 3 bytes");
    CHECK(to_string(wsx::ping()) == "ping, 0 bytes");
    CHECK(to_string(wsx::pong("abcd")) == "pong, 4 bytes");
  }

  TEST_CASE("a fragment with its place") {
    const auto bytes = wsx::as_bytes("hel");
    using wsx::opcode;
    CHECK(to_string(wsx::fragment{opcode::text, true, false, bytes}) ==
          R"(first fragment of text, 3 bytes: "hel")");
    CHECK(to_string(wsx::fragment{opcode::text, false, false, bytes}) ==
          R"(fragment of text, 3 bytes: "hel")");
    CHECK(to_string(wsx::fragment{opcode::binary, false, true, bytes}) ==
          "last fragment of binary, 3 bytes");
    CHECK(to_string(wsx::fragment{opcode::binary, true, true, bytes}) ==
          "only fragment of binary, 3 bytes");
  }

  TEST_CASE("actions") {
    CHECK(to_string(wsx::ok()) == "ok");
    CHECK(to_string(wsx::reply(wsx::text{"hello"})) == R"(reply with text, 5 bytes: "hello")");
    CHECK(to_string(wsx::reply(wsx::binary("abc"))) == "reply with binary, 3 bytes");
    CHECK(to_string(wsx::reply(wsx::ping("abc"))) == "reply with ping, 3 bytes");
    CHECK(to_string(wsx::reply(wsx::pong())) == "reply with pong, 0 bytes");
    CHECK(to_string(
              wsx::reply(wsx::fragment{wsx::opcode::text, true, false, wsx::as_bytes("hel")})) ==
          R"(reply with first fragment of text, 3 bytes: "hel")");
    CHECK(to_string(wsx::close()) == "close");
    CHECK(to_string(wsx::close(wsx::close_code{4000})) == "close with 4000");
    CHECK(to_string(wsx::close(wsx::close_code::going_away, "bye\n")) ==
          R"(close with 1001 (going away): "bye\n")");
    CHECK(to_string(wsx::reply("a").reply(wsx::ping()).close()) ==
          R"(reply with text, 1 byte: "a", then reply with ping, 0 bytes, then close)");
  }

  TEST_CASE("messages as what they are") {
    const wsx::message m = wsx::text{"hello"};
    CHECK(to_string(m) == R"(text, 5 bytes: "hello")");
    CHECK(to_string(m.owned()) == R"(text, 5 bytes: "hello")");
    CHECK(to_string(wsx::message(wsx::binary("abc"))) == "binary, 3 bytes");
  }

  TEST_CASE("decisions") {
    CHECK(to_string(wsx::stop()) == "stop");
    CHECK(to_string(wsx::reconnect()) == "reconnect");
    CHECK(to_string(wsx::reconnect_after(500ms)) == "reconnect after 500 ms");
    CHECK(to_string(wsx::reconnect_to("wss://other/feed").after(2s)) ==
          "reconnect to wss://other/feed after 2000 ms");
  }
}

TEST_SUITE("to_string: how it ended") {
  TEST_CASE("close_reason: in order") {
    using wsx::close_origin;
    CHECK(to_string(closed(close_origin::local, wsx::close_code::normal)) ==
          "closed by this side: 1000 (normal)");
    CHECK(to_string(closed(close_origin::local, {})) == "closed by this side, without a code");
    CHECK(to_string(closed(close_origin::remote, wsx::close_code{4001}, "go\x1b")) ==
          R"(closed by the server: 4001: "go\x1b")");
    CHECK(to_string(closed(close_origin::remote, {})) == "closed by the server, without a code");
  }

  TEST_CASE("close_reason: otherwise") {
    wsx::close_reason reason;
    CHECK(to_string(reason) == "ended for an unknown cause");
    reason.error = wsx::errc::ping_timeout;
    CHECK(to_string(reason) == make_error_code(wsx::errc::ping_timeout).message());
    reason.error = wsx::errc::handler_failed;
    reason.exception = std::make_exception_ptr(std::runtime_error("no\nluck"));
    CHECK(to_string(reason) ==
          make_error_code(wsx::errc::handler_failed).message() + R"(: no\nluck)");
    reason.exception = std::make_exception_ptr(1);
    CHECK(to_string(reason).ends_with(": something that is no std::exception"));
    auto late = closed(wsx::close_origin::local, wsx::close_code::normal);
    late.error = wsx::errc::close_timeout;
    CHECK(to_string(late) == "closed by this side: 1000 (normal), " +
                                 make_error_code(wsx::errc::close_timeout).message());
    auto dropped = closed(wsx::close_origin::remote, {});
    dropped.error = wsx::errc::connection_dropped;
    CHECK(to_string(dropped) == make_error_code(wsx::errc::connection_dropped).message());
    reason.diagnostics.message = "cannot connect to example.com:443: HTTP 401 Unauthorized";
    CHECK(to_string(reason) == reason.diagnostics.message);
  }

  TEST_CASE("diagnostics") {
    wsx::diagnostics known;
    CHECK(to_string(known) == "nothing is known");
    known.stage = wsx::connect_stage::handshake;
    known.host = "example.com:443";
    CHECK(to_string(known) == "handshake, example.com:443");
    known.http_status = 401;
    known.http_reason = "No\r\n";
    known.detail = "line 3";
    CHECK(to_string(known) == R"(handshake, example.com:443: HTTP 401 No\r\n, line 3)");
    known.message = "a sentence";
    CHECK(to_string(known) == "a sentence");
  }

  TEST_CASE("disconnect, down, signal") {
    const auto reason = closed(wsx::close_origin::remote, wsx::close_code::going_away);
    const wsx::connection_info connection;
    const wsx::disconnect opened{
        .reason = reason, .attempt = 1, .connection = connection, .uptime = 12'300ms};
    CHECK(to_string(opened) ==
          "closed by the server: 1001 (going away); attempt 1, open for 12300 ms");
    const wsx::disconnect failed{.reason = reason, .attempt = 3, .connection = connection};
    CHECK(to_string(failed) == "closed by the server: 1001 (going away); attempt 3");
    CHECK(to_string(wsx::down{.monitor = 7, .reason = reason}) ==
          "monitor 7: closed by the server: 1001 (going away)");
    CHECK(to_string(wsx::signal{15}) == "signal 15");
  }

  TEST_CASE("tried_address, io_result") {
    const auto refused = std::make_error_code(std::errc::connection_refused);
    CHECK(to_string(wsx::tried_address{"192.0.2.1:443", refused}) ==
          "192.0.2.1:443: " + refused.message());
    CHECK(to_string(wsx::tried_address{"[::1]:80", {}}) == "[::1]:80: no error");
    CHECK(to_string(wsx::tried_address{"[::1]:80", refused, "dial.socket.keepalive"}) ==
          "[::1]:80: dial.socket.keepalive: " + refused.message());
    CHECK(to_string(wsx::io_result{1, {}}) == "1 byte");
    CHECK(to_string(wsx::io_result{0, refused}) == "0 bytes, " + refused.message());
  }
}

TEST_SUITE("to_string: the status of a client") {
  TEST_CASE("phases") {
    const std::pair<wsx::client_phase, std::string> names[] = {
        {wsx::client_phase::idle, "idle"},       {wsx::client_phase::connecting, "connecting"},
        {wsx::client_phase::open, "open"},       {wsx::client_phase::closing, "closing"},
        {wsx::client_phase::pausing, "pausing"}, {wsx::client_phase::ended, "ended"}};
    for (const auto& [phase, name] : names) CHECK(to_string(phase) == name);
    CHECK(to_string(static_cast<wsx::client_phase>(9)) == "client_phase(9)");
  }

  TEST_CASE("tls_info") {
    wsx::tls_info tls{.version = "TLSv1.3", .cipher = "A\nB", .resumed = true};
    CHECK(to_string(tls) == R"({version: "TLSv1.3", cipher: "A\nB", resumed: true})");
    using namespace std::chrono;
    tls.certificate_expiry = sys_days(year(2030) / 12 / 31) + 23h + 59min + 58s;
    CHECK(to_string(tls).ends_with("certificate_expiry: 2030-12-31T23:59:58Z}"));
    tls.alpn = "x\n";
    CHECK(to_string(tls).find(R"(, alpn: "x\n", resumed)") != std::string::npos);
  }

  TEST_CASE("a status, as text and as JSON") {
    CHECK(to_string(wsx::client_status()) ==
          "{phase: idle, suspended: false, since: 0 ms, attempt: 0, mailbox: 0, senders: 0, "
          "queued_bytes: 0, "
          "reply_bytes: 0, stats: " +
              to_string(wsx::stats()) + ", modules: 0}");
    wsx::client_status status;
    status.phase = wsx::client_phase::open;
    status.suspended = true;
    status.modules = 2;
    status.since = std::chrono::milliseconds(1500);
    status.url = "ws://host/";
    status.connection.emplace();
    status.connection->url = "ws://host/?key=abc";
    status.connection->subprotocol = "a\"b\x01";
    status.tls = wsx::tls_info{.version = "TLSv1.3", .cipher = "x", .alpn = "y"};
    status.tls->certificate_expiry = std::chrono::system_clock::time_point(std::chrono::seconds(5));
    status.last_end.emplace();
    status.last_end->origin = wsx::close_origin::remote;
    status.last_end->received = wsx::close_code::going_away;
    status.last_end->text = "bye\n";
    status.handler = "line\n\"quoted\" \xff";
    CHECK(
        wsx::to_json(status) ==
        R"({"phase":"open","suspended":true,"since":1.5,"url":"ws://host/","attempt":0,)"
        R"("connection":{"url":"ws://host/?key=***","status":0,"subprotocol":"a\\\"b\\x01",)"
        R"("compressed":false,"peer_endpoint":"","local_endpoint":"","attempt":0,)"
        R"("number":0},)"
        R"("tls":{"version":"TLSv1.3","cipher":"x","alpn":"y","resumed":false,"certificate_expiry":5},)"
        R"("last_end":{"origin":"remote","clean":false,"code":1001,)"
        R"("text":"closed by the server: 1001 (going away): \"bye\\n\""},)"
        R"("mailbox":0,"senders":0,"queued_bytes":0,"reply_bytes":0,)"
        R"("stats":{"messages_received":0,"bytes_received":0,"frames_sent":0,"bytes_sent":0,)"
        R"("reads":0,"writes":0,"connects":0,"replies_dropped":0,"latency":0},"modules":2,)"
        R"("handler":"line\\n\\\"quoted\\\" \\xff"})");
  }
}

TEST_SUITE("to_string: requests, connections and options") {
  TEST_CASE("headers, less the secrets") {
    CHECK(to_string(wsx::header{"Server", "nginx"}) == "Server: nginx");
    CHECK(to_string(wsx::header{"Server", "a\r\nb"}) == R"(Server: a\r\nb)");
    for (const auto* name : {"Authorization", "authorization", "PROXY-AUTHORIZATION", "Cookie",
                             "Set-Cookie", "X-Api-Key"}) {
      CHECK(to_string(wsx::header{name, "secret"}) == std::string(name) + ": ***");
    }
    CHECK(to_string(wsx::header{"Server", "secret", true}) == "Server: ***");
    CHECK(to_string(wsx::header{"Location", "https://me:secret@host/a?token=secret"}) ==
          "Location: https://host/a?token=***");
    const wsx::header_list some{{"Server", "1"}, {"Cookie", "secret"}};
    CHECK(to_string(some) == "[Server: 1, Cookie: ***]");
    CHECK(to_string(wsx::header_list()) == "[]");
    CHECK(to_string(wsx::response_headers(some)) == "[Server: 1, Cookie: ***]");
    const wsx::header_list many(1000, {"A", "1"});
    CHECK(to_string(many).size() < 300);
    CHECK(to_string(many).ends_with(", ...]"));
  }

  TEST_CASE("request, url") {
    wsx::request wanted;
    wanted.url = "wss://me:secret@host/feed?token=secret";
    CHECK(to_string(wanted) == "wss://host/feed?token=***");
    CHECK(to_string(wsx::request()) == "no URL");
    wanted.headers = {{"Authorization", "secret"}};
    wanted.subprotocols = {"v2", "v1"};
    CHECK(to_string(wanted) ==
          R"(wss://host/feed?token=***, headers [Authorization: ***], subprotocols ["v2", "v1"])");
    wsx::url u;
    REQUIRE(!wsx::parse_url("wss://Host:8443/feed?token=secret", u));
    CHECK(to_string(u) == "wss://host:8443/feed?token=***");
    REQUIRE(!wsx::parse_url("ws+unix:/run/a%3Ab.sock:/feed?token=secret", u));
    CHECK(to_string(u) == "ws+unix:///run/a%3Ab.sock:/feed?token=***");
  }

  TEST_CASE("connection_info") {
    wsx::connection_info info;
    info.url = "wss://host/?key=secret";
    info.status = 101;
    info.headers = wsx::header_list{{"Set-Cookie", "secret"}};
    info.peer_endpoint = "192.0.2.1:443";
    info.local_endpoint = "192.0.2.2:50000";
    info.attempt = 2;
    info.number = 3;
    CHECK(to_string(info) ==
          R"({url: wss://host/?key=***, status: 101, headers: [Set-Cookie: ***], subprotocol: "", )"
          "compressed: false, peer_endpoint: 192.0.2.1:443, local_endpoint: 192.0.2.2:50000, "
          "attempt: 2, number: 3, deflate: none}");
    info.deflate = wsx::deflate_parameters{};
    CHECK(to_string(info).ends_with("deflate: " + to_string(wsx::deflate_parameters{}) + "}"));
  }

  TEST_CASE("deflate") {
    CHECK(to_string(wsx::deflate_parameters{}) ==
          "{server_no_context_takeover: false, client_no_context_takeover: false, "
          "server_max_window_bits: 15, client_max_window_bits: 15}");
    CHECK(to_string(wsx::deflate_options{}) ==
          "{level: 6, memory_level: 8, server_max_window_bits: 15, client_max_window_bits: 15, "
          "server_no_context_takeover: false, client_no_context_takeover: false, "
          "require_server_limits: false, threshold: 64, release_when_idle: false}");
  }

  TEST_CASE("options, less what is in certificates") {
    wsx::tls_options tls;
    CHECK(to_string(tls) ==
          R"({verify: true, ca_file: "", ca_path: "", ca_pem: 0 bytes, ca_der: 0, )"
          R"(partial_chain: false, pins: 0, certificate: false, min_version: tls_1_2, )"
          R"(max_version: tls_1_3, ciphers: "", cipher_suites: "", alpn: 0, server_name: "", )"
          R"(share: false, resume: true, key_log_file: "", configure: false})");
    tls.ca_pem = "secret";
    tls.ca_der = {"secret", "secret"};
    tls.ca_file = "/etc/ca.pem";
    tls.server_name = "host";
    tls.certificate.key_pem = "secret";
    tls.certificate.passphrase = [] { return std::string("secret"); };
    tls.configure = [](ssl_ctx_st*) {};
    tls.share = wsx::make_tls_share();
    CHECK(to_string(tls) ==
          R"({verify: true, ca_file: "/etc/ca.pem", ca_path: "", ca_pem: 6 bytes, )"
          R"(ca_der: 2, partial_chain: false, pins: 0, certificate: true, min_version: tls_1_2, )"
          R"(max_version: tls_1_3, ciphers: "", cipher_suites: "", alpn: 0, server_name: "host", )"
          R"(share: true, resume: true, key_log_file: "", configure: true})");
    wsx::socket_options socket;
    CHECK(to_string(socket) ==
          R"({no_delay: true, keepalive: none, receive_buffer: 0, send_buffer: 0, )"
          R"(local_address: "", interface_name: "", type_of_service: 0, before_connect: false, )"
          R"(after_connect: false})");
    socket.keepalive = wsx::tcp_keepalive();
    CHECK(to_string(socket).find("keepalive: {idle: 60 s, interval: 10 s, count: 6}") !=
          std::string::npos);
    CHECK(to_string(wsx::options()) ==
          "{tls: " + to_string(wsx::tls_options()) +
              ", deflate: none, dial: {budget: false, prepare: false, drop_fragment: false, "
              "cookies: false, "
              "max_redirects: 0, address_timeout: 0 ms, "
              "resolver: false, proxy: " +
              to_string(wsx::proxy_options()) + ", socket: " + to_string(wsx::socket_options()) +
              "}, "
              "connect_timeout: 6000 ms, "
              "handshake_timeout: 5000 ms, close_timeout: 5000 ms, "
              "ping_interval: 20000 ms, ping_timeout: 20000 ms, "
              "data_timeout: 0 ms, max_connection_age: 0 ms, max_connection_age_jitter: 0 ms, "
              "heartbeat: none, max_message_size: 16777216, max_frame_size: "
              "16777216, "
              "max_fragments: 131072, "
              "max_head_size: 16384, max_headers: 128, send_queue_size: 524288, "
              "max_reply_bytes: 33554432, mailbox_size: 65536, max_turn: 1000 us, "
              "drop_unsent_on_disconnect: false, reconnect: none, handle_first_failure: false, "
              "reconnect_after_exception: false}");
    CHECK(to_string(wsx::reconnect_options()) ==
          "{delay: {initial: 500 ms, max: 30000 ms, factor: 2}, reset_after: 10000 ms, "
          "max_attempts: 0, max_time: 0 ms}");
    const auto reconnecting =
        wsx::options().set(&wsx::options::reconnect, wsx::reconnect_options());
    CHECK(to_string(reconnecting).find("reconnect: {delay: {initial:") != std::string::npos);
  }

  TEST_CASE("proxy_options: no secret of its URL, whatever that is") {
    CHECK(to_string(wsx::proxy_options()) ==
          R"({url: "", no_proxy: "", from_environment: false, tls: none})");
    wsx::proxy_options by{.url = "http://me:secret@proxy.example:3128", .no_proxy = "a,b"};
    by.from_environment = true;
    by.tls = std::make_shared<const wsx::tls_options>();
    CHECK(to_string(by) ==
          R"({url: "http://proxy.example:3128", no_proxy: "a,b", from_environment: true, tls: )" +
              to_string(wsx::tls_options()) + "}");
    for (const char* const url :
         {"me:secret@proxy.example", "http://me:sec/secret@proxy.example", "secret@", "x:secret@y",
          "http://[me:secret@proxy.example", "socks5://me:secret@proxy.example/?a=secret"}) {
      CAPTURE(url);
      by.url = url;
      CHECK(to_string(by).find("secret") == std::string::npos);
    }
  }

  TEST_CASE("stats") {
    wsx::stats counted;
    counted.messages_received = 1;
    counted.latency = 1500us;
    CHECK(to_string(counted) ==
          "{messages_received: 1, bytes_received: 0, frames_sent: 0, bytes_sent: 0, reads: 0, "
          "writes: 0, connects: 0, replies_dropped: 0, latency: 1500 us}");
  }
}

TEST_SUITE("to_string: supervision") {
  TEST_CASE("child_state, restart_strategy, restart_type") {
    using enum wsx::child_state;
    using enum wsx::restart_strategy;
    using enum wsx::restart_type;
    CHECK(to_string(not_running) == "not_running");
    CHECK(to_string(starting) == "starting");
    CHECK(to_string(running) == "running");
    CHECK(to_string(restarting) == "restarting");
    CHECK(to_string(terminating) == "terminating");
    CHECK(to_string(one_for_one) == "one_for_one");
    CHECK(to_string(one_for_all) == "one_for_all");
    CHECK(to_string(rest_for_one) == "rest_for_one");
    CHECK(to_string(wsx::tls_version::tls_1_2) == "tls_1_2");
    CHECK(to_string(wsx::tls_version::tls_1_3) == "tls_1_3");
    CHECK(to_string(permanent) == "permanent");
    CHECK(to_string(transient) == "transient");
    CHECK(to_string(temporary) == "temporary");
    CHECK(to_string(wsx::child_state{99}) == "child_state(99)");
  }

  TEST_CASE("child_info, child_counts") {
    wsx::child_info child{.name = "a\n", .state = wsx::child_state::running};
    CHECK(to_string(child) == "\"a\\n\": running, permanent, never started");
    child.is_supervisor = true;
    child.starts = 1;
    CHECK(to_string(child) == "\"a\\n\": running, permanent supervisor, started once");
    child.starts = 2;
    CHECK(to_string(child) == "\"a\\n\": running, permanent supervisor, started 2 times");
    CHECK(to_string(wsx::child_counts{.specs = 4, .active = 3, .supervisors = 1, .workers = 3}) ==
          "{specs: 4, active: 3, supervisors: 1, workers: 3}");
  }
}

TEST_SUITE("to_string: streams and fmt") {
  TEST_CASE("each type has all three") {
    const wsx::close_reason reason = closed(wsx::close_origin::local, {});
    const wsx::connection_info connection;
    const auto check = [](const auto&... values) {
      const auto same = [](const auto& value) {
        const std::string shown = to_string(value);
        CHECK(!shown.empty());
        CHECK(streamed(value) == shown);
        CHECK(fmt::format("{}", value) == shown);
      };
      (same(values), ...);
    };
    check(wsx::close_code::normal, wsx::close_origin::local, wsx::condition::timeout,
          wsx::connect_stage::tls, wsx::errc::refused, wsx::io_direction::read, wsx::opcode::text);
    check(wsx::client_phase::open, wsx::client_status(), wsx::tls_info());
    check(wsx::child_state::running, wsx::restart_strategy::one_for_one,
          wsx::restart_type::permanent, wsx::child_info(), wsx::child_counts());
    check(wsx::text{"a"}, wsx::binary(), wsx::ping(), wsx::pong(), wsx::fragment(), wsx::ok(),
          wsx::stop());
    check(reason, wsx::diagnostics(), wsx::disconnect{.reason = reason, .connection = connection},
          wsx::down(), wsx::signal(), wsx::tried_address(), wsx::io_result());
    check(wsx::header{"a", "b"}, wsx::header_list(), wsx::response_headers(), wsx::request(),
          wsx::url(), connection);
    check(wsx::backoff_options(), wsx::deflate_options(), wsx::dial_options(),
          wsx::socket_options(), wsx::tcp_keepalive(), wsx::deflate_parameters(), wsx::options(),
          wsx::proxy_options(), wsx::reconnect_options(), wsx::stats(), wsx::tls_options(),
          wsx::tls_version::tls_1_3);
  }

  TEST_CASE("width and alignment as strings have them") {
    CHECK(fmt::format("[{:>8}]", wsx::opcode::text) == "[    text]");
    CHECK(fmt::format("[{:-<8}]", wsx::opcode::text) == "[text----]");
    CHECK(fmt::format("[{:.3}]", wsx::errc::refused) == "[ref]");
    std::ostringstream out;
    out.width(6);
    out << wsx::opcode::text;
    CHECK(out.str() == "  text");
  }

  TEST_CASE("what doctest prints when a check fails") {
    CHECK(std::string(doctest::toString(wsx::stop()).c_str()) == "stop");
    CHECK(std::string(doctest::toString(wsx::text{"a"}).c_str()) == R"(text, 1 byte: "a")");
  }
}
