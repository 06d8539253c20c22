#include <wsx/error.hpp>
#include <wsx/frame.hpp>
#include <wsx/protocol/close_state.hpp>

#include <doctest/doctest.h>

#include <exception>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace wsx::protocol;
using wsx::close_code;
using wsx::close_origin;
using wsx::errc;

namespace {

using answer = std::optional<close_payload>;

const close_payload leaving{close_code::going_away, "leaving"};
const close_payload restart{close_code::service_restart, "restart"};
const std::error_code eof = std::make_error_code(std::errc::no_message_available);

// The frame that the state asked for is queued, and the transport takes it.
answer sent(close_state& state, const answer& asked) {
  if (!asked) return asked;
  state.queued(asked->code);
  state.written();
  return asked;
}

}  // namespace

TEST_SUITE("protocol/close_state: RFC 6455 7") {
  TEST_CASE("a connection is open until something ends it") {
    const close_state state;
    CHECK(state.open());
    CHECK_FALSE(state.received());
    CHECK_FALSE(state.complete());
  }

  TEST_CASE("this side begins: its Close is sent, the server's is not answered") {
    close_state state;
    CHECK(sent(state, state.start(leaving)) == answer(leaving));
    CHECK_FALSE(state.open());
    CHECK_FALSE(state.received());
    CHECK_FALSE(state.complete());
    CHECK(state.receive({close_code::going_away, ""}) == std::nullopt);
    CHECK(state.received());
    CHECK(state.complete());
    state.end(eof, true);
    const auto& reason = state.reason();
    CHECK(reason.origin == close_origin::local);
    CHECK(reason.sent == close_code::going_away);
    CHECK(reason.received == close_code::going_away);
    CHECK(reason.code() == close_code::going_away);
    CHECK(reason.text == "leaving");
    CHECK_FALSE(reason.error);
    CHECK(reason.clean);
    CHECK_FALSE(reason.normal());
  }

  TEST_CASE("RFC 6455 5.5.1: the server begins: it is answered with its own code, without reason") {
    close_state state;
    CHECK(sent(state, state.receive(restart)) == answer({close_code::service_restart, ""}));
    CHECK(state.complete());
    state.end(eof, true);
    const auto& reason = state.reason();
    CHECK(reason.origin == close_origin::remote);
    CHECK(reason.received == close_code::service_restart);
    CHECK(reason.sent == close_code::service_restart);
    CHECK(reason.text == "restart");
    CHECK(reason.clean);
  }

  TEST_CASE("a Close without a code is answered without one, and is normal") {
    close_state state;
    CHECK(sent(state, state.receive({})) == answer(close_payload{}));
    state.end(eof, true);
    CHECK_FALSE(state.reason().received);
    CHECK_FALSE(state.reason().sent);
    CHECK(state.reason().clean);
    CHECK(state.reason().normal());
  }

  TEST_CASE("both begin at once: whoever was first here is the cause, each code is kept") {
    close_state state;
    const close_payload mine{close_code::normal, "mine"};
    CHECK(sent(state, state.start(mine)) == answer(mine));
    CHECK(state.receive(restart) == std::nullopt);
    state.end(eof, true);
    CHECK(state.reason().origin == close_origin::local);
    CHECK(state.reason().text == "mine");
    CHECK(state.reason().sent == close_code::normal);
    CHECK(state.reason().received == close_code::service_restart);
    CHECK(state.reason().clean);
    CHECK(state.reason().normal());
  }

  TEST_CASE("abandoned, it is not open; the end says why, unless something had begun before") {
    close_state untouched;
    untouched.abandon();
    untouched.abandon();
    CHECK(!untouched.open());
    CHECK(untouched.start(leaving) == std::nullopt);
    untouched.end(std::make_error_code(std::errc::not_enough_memory), false);
    CHECK(untouched.reason().origin == close_origin::error);
    CHECK(untouched.reason().error == std::errc::not_enough_memory);

    close_state local;
    sent(local, local.start(leaving));
    local.abandon();
    local.end(std::make_error_code(std::errc::not_enough_memory), false);
    CHECK(local.reason().origin == close_origin::local);
    CHECK(!local.reason().error);
  }

  TEST_CASE("once begun, nothing else sends a Close or changes the cause") {
    close_state local;
    sent(local, local.start(leaving));
    CHECK(local.start({close_code::normal, "again"}) == std::nullopt);
    CHECK(local.fail(errc::reserved_bits) == std::nullopt);
    local.end(errc::close_timeout, false);
    CHECK(local.reason().origin == close_origin::local);
    CHECK(local.reason().text == "leaving");
    CHECK(local.reason().sent == close_code::going_away);
    CHECK(local.reason().error == errc::close_timeout);  // the server had to be cut off
    CHECK_FALSE(local.reason().exception);

    close_state remote;
    sent(remote, remote.receive(restart));
    CHECK(remote.start(leaving) == std::nullopt);
    CHECK(remote.fail(errc::handler_failed, std::make_exception_ptr(1)) == std::nullopt);
    CHECK(remote.receive({close_code::normal, ""}) == std::nullopt);
    remote.end(errc::close_timeout, false);
    CHECK(remote.reason().origin == close_origin::remote);
    CHECK(remote.reason().received == close_code::service_restart);
    CHECK(remote.reason().sent == close_code::service_restart);
    CHECK(remote.reason().text == "restart");
    CHECK_FALSE(remote.reason().error);
    CHECK_FALSE(remote.reason().exception);

    close_state failed;
    sent(failed, failed.fail(errc::masked_frame));
    CHECK(failed.start(leaving) == std::nullopt);
    CHECK(failed.receive(restart) == std::nullopt);
    failed.end(std::make_error_code(std::errc::connection_reset), false);
    CHECK(failed.reason().origin == close_origin::error);
    CHECK(failed.reason().error == errc::masked_frame);
    CHECK(failed.reason().sent == close_code::protocol_error);
    CHECK(failed.reason().received == close_code::service_restart);

    close_state dropped;
    dropped.end(eof, true);
    CHECK(dropped.start(leaving) == std::nullopt);
    CHECK(dropped.fail(errc::masked_frame) == std::nullopt);
    CHECK(dropped.reason().origin == close_origin::remote);
    CHECK(dropped.reason().error == errc::connection_dropped);
    CHECK_FALSE(dropped.reason().sent);
  }

  TEST_CASE("RFC 6455 7.1.7: a violation is answered with its code, and said in words") {
    close_state state;
    const auto told = sent(state, state.fail(errc::invalid_utf8));
    REQUIRE(told);
    CHECK(told->code == close_code::invalid_payload);
    CHECK(told->reason == make_error_code(errc::invalid_utf8).message());
    CHECK(state.reason().origin == close_origin::error);
    CHECK(state.reason().error == errc::invalid_utf8);
    CHECK(state.reason().text == told->reason);
    CHECK(state.receive({close_code::invalid_payload, ""}) == std::nullopt);
    state.end(eof, true);
    CHECK(state.reason().received == close_code::invalid_payload);
    CHECK_FALSE(state.reason().normal());
  }

  TEST_CASE("what a callback threw is kept, and not told to the server") {
    close_state state;
    const auto thrown = std::make_exception_ptr(std::runtime_error("secret"));
    const auto sent = state.fail(errc::handler_failed, thrown);
    REQUIRE(sent);
    CHECK(sent->code == close_code::internal_error);
    CHECK(sent->reason.empty());
    CHECK(state.reason().origin == close_origin::error);
    CHECK(state.reason().exception == thrown);
    CHECK_FALSE(state.reason().normal());
  }

  TEST_CASE("fragments out of order are told in the words that servers know") {
    close_state unexpected;
    const auto first = unexpected.fail(errc::unexpected_continuation);
    REQUIRE(first);
    CHECK(first->reason == "Endpoint sent a continuation frame without starting a fragment");
    CHECK(unexpected.reason().text == first->reason);
    close_state expected;
    const auto second = expected.fail(errc::expected_continuation);
    REQUIRE(second);
    CHECK(second->reason == "Endpoint tried to start a fragment without finishing another");
    CHECK(expected.reason().text == second->reason);
  }

  TEST_CASE("every text that a failure sends fits a Close frame") {
    for (int value = 1; value < 200; ++value) {
      CAPTURE(value);
      close_state state;
      const auto sent = state.fail(static_cast<errc>(value));
      CHECK_FALSE(check_close(*sent->code, sent->reason));
    }
  }

  TEST_CASE("a code counts as sent when the transport has taken all of its frame") {
    close_state never;
    never.queued(never.start(leaving)->code);
    never.end(eof, true);
    CHECK_FALSE(never.reason().sent);
    CHECK(never.reason().requested == close_code::going_away);
    CHECK(never.reason().code() == close_code::going_away);
    CHECK_FALSE(never.reason().normal());

    close_state failed;
    failed.queued(failed.fail(errc::masked_frame)->code);
    failed.end(eof, true);
    CHECK_FALSE(failed.reason().sent);
    CHECK(failed.reason().requested == close_code::protocol_error);

    close_state answered;
    answered.queued(answered.receive(restart)->code);
    answered.end(eof, true);
    CHECK(answered.reason().received == close_code::service_restart);
    CHECK_FALSE(answered.reason().sent);
    CHECK_FALSE(answered.reason().clean);
  }

  TEST_CASE("RFC 6455 5.5.1: the server's Close before ours is written is answered in its place") {
    close_state state;
    state.queued(state.start(leaving)->code);
    CHECK(sent(state, state.receive(restart)) == answer({close_code::service_restart, ""}));
    CHECK(state.complete());
    state.end(eof, true);
    const auto& reason = state.reason();
    CHECK(reason.origin == close_origin::local);
    CHECK(reason.text == "leaving");
    CHECK(reason.requested == close_code::going_away);
    CHECK(reason.received == close_code::service_restart);
    CHECK(reason.sent == close_code::service_restart);
    CHECK(reason.code() == close_code::going_away);
    CHECK(reason.clean);
  }

  TEST_CASE("TCP that ends without Close is the server's doing") {
    for (const auto gone :
         {std::errc::connection_reset, std::errc::broken_pipe, std::errc::connection_aborted}) {
      close_state state;
      state.end(std::make_error_code(gone), false);
      CHECK_FALSE(state.open());
      CHECK(state.reason().origin == close_origin::remote);
      CHECK(state.reason().error == errc::connection_dropped);
      CHECK_FALSE(state.reason().clean);
      CHECK_FALSE(state.reason().normal());
    }
    close_state ended;
    ended.end(eof, true);
    CHECK(ended.reason().origin == close_origin::remote);
    CHECK(ended.reason().error == errc::connection_dropped);
    CHECK_FALSE(ended.reason().clean);
  }

  TEST_CASE("any other end without Close is an error as it is") {
    close_state timeout;
    timeout.end(errc::ping_timeout, false);
    CHECK(timeout.reason().origin == close_origin::error);
    CHECK(timeout.reason().error == errc::ping_timeout);
    CHECK(timeout.reason().text.empty());

    close_state tls;
    tls.end(errc::tls_failed, false);
    CHECK(tls.reason().origin == close_origin::error);
    CHECK(tls.reason().error == errc::tls_failed);
  }

  TEST_CASE("what more is known of a violation is in the diagnostics, not in the Close frame") {
    close_state c;
    const auto close = c.fail(errc::bad_close_code, nullptr, "1005");
    REQUIRE(close);
    CHECK(close->reason == make_error_code(errc::bad_close_code).message());
    CHECK(c.reason().text == close->reason);
    CHECK(c.reason().diagnostics.detail == "1005");
  }

  TEST_CASE("what more is known of an end without Close is in the diagnostics") {
    close_state c;
    c.end(errc::tls_failed, false, "an alert");
    CHECK(c.reason().text.empty());
    CHECK(c.reason().diagnostics.detail == "an alert");

    close_state closing;
    closing.start({.code = close_code::normal, .reason = "bye"});
    closing.end(errc::tls_failed, false, "an alert");
    CHECK(closing.reason().text == "bye");
    CHECK(closing.reason().diagnostics.detail.empty());
  }

  TEST_CASE("RFC 6455 7.1.4: clean is: both sent Close, then the server ended TCP") {
    close_state half;
    sent(half, half.start(leaving));
    half.end(eof, true);
    CHECK_FALSE(half.reason().clean);

    close_state late;
    sent(late, late.start(leaving));
    late.receive(leaving);
    late.end(errc::close_timeout, false);
    CHECK_FALSE(late.reason().clean);
  }

  TEST_CASE("RFC 6455 7.1.4: a reset behind both Close frames is a clean end, too") {
    const auto reset = std::make_error_code(std::errc::connection_reset);
    close_state remote;
    sent(remote, remote.receive(leaving));
    remote.end(reset, false);
    CHECK(remote.reason().clean);

    close_state local;
    sent(local, local.start({close_code::normal, ""}));
    local.receive({close_code::normal, ""});
    local.end(reset, false);
    CHECK(local.reason().clean);
    CHECK(local.reason().normal());

    close_state before;
    sent(before, before.start(leaving));
    before.end(reset, false);
    CHECK_FALSE(before.reason().clean);
  }

  TEST_CASE("RFC 6455 7.4.1: which code tells the server what it did") {
    for (int value = static_cast<int>(errc::reserved_bits);
         value <= static_cast<int>(errc::bad_close_code); ++value) {
      CAPTURE(value);
      CHECK(close_code_for(static_cast<errc>(value)) == close_code::protocol_error);
    }
    CHECK(close_code_for(errc::invalid_utf8) == close_code::invalid_payload);
    CHECK(close_code_for(errc::invalid_deflate_data) == close_code::invalid_payload);
    CHECK(close_code_for(errc::unsupported_data) == close_code::unsupported_data);
    CHECK(close_code_for(errc::message_too_big) == close_code::message_too_big);
    CHECK(close_code_for(errc::frame_too_big) == close_code::message_too_big);
    CHECK(close_code_for(errc::too_many_fragments) == close_code::message_too_big);
    CHECK(close_code_for(errc::handler_failed) == close_code::internal_error);
    CHECK(close_code_for(errc::queue_full) == close_code::internal_error);
    CHECK(close_code_for(std::make_error_code(std::errc::io_error)) == close_code::internal_error);
  }
}
