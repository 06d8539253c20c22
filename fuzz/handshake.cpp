#include "input.hpp"

#include <wsx/bytes.hpp>
#include <wsx/protocol/handshake.hpp>
#include <wsx/protocol/http_body.hpp>

#include <optional>
#include <string_view>
#include <system_error>

// What a server answers to the opening handshake: however it is cut, it is understood and judged
// alike; what was folded is one line; what was wrong can be displayed; a refusal's body is bounded.

namespace {

using namespace wsx::protocol;

struct outcome {
  bool done = false;
  std::error_code error{};
  std::size_t taken = 0;
  http_head head{};
};

outcome read(const fuzz::pieces& input) {
  http_head_parser parser({.max_size = 1024, .max_headers = 8});
  outcome result;
  for (const auto piece : input) {
    result.taken += parser.feed(wsx::as_bytes(piece), result.error);
    if (result.error || parser.done()) break;
  }
  fuzz::require(parser.error_detail().empty() == !result.error);
  fuzz::require_displayable(parser.error_detail());
  result.done = parser.done();
  result.head = parser.take();
  return result;
}

bool is_one_line(std::string_view value) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  const bool trimmed = value.empty() || (!is_space(value.front()) && !is_space(value.back()));
  return trimmed && value.find_first_of("\r\n") == std::string_view::npos;
}

void judge(const http_head& head, const wsx::deflate_options& offered) {
  upgrade_request ask;
  ask.subprotocols = {"a", "b"};
  ask.deflate = offered;
  upgrade_result granted;
  std::string what;
  // The key of RFC 6455 1.3, so that the corpus can have the right answer.
  const auto error = check_response(head, ask, "dGhlIHNhbXBsZSBub25jZQ==", granted, what);
  if (!error) fuzz::require(head.status == 101);
  fuzz::require_displayable(what);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const auto bytes = in.rest();
  const auto expected = read(fuzz::whole(bytes));
  for (const auto& input : {fuzz::bytewise(bytes), fuzz::cut(bytes, 7)}) {
    const auto got = read(input);
    fuzz::require(got.done == expected.done && got.error == expected.error);
    if (!got.done) continue;
    fuzz::require(got.taken == expected.taken && got.head.status == expected.head.status);
    fuzz::require(got.head.reason == expected.head.reason);
    fuzz::require(got.head.headers == expected.head.headers);
  }
  if (!expected.done) return 0;
  for (const auto& field : expected.head.headers) fuzz::require(is_one_line(field.value));
  judge(expected.head, {});
  judge(expected.head, {.server_max_window_bits = 10, .server_no_context_takeover = true});
  judge(expected.head, {.server_max_window_bits = 10, .require_server_limits = true});
  http_body_reader body(expected.head, 64);
  body.feed(wsx::as_bytes(bytes.substr(expected.taken)));
  fuzz::require(body.take().size() <= 64);
  return 0;
}
