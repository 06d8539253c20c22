#include <wsx/close_code.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>

namespace {

using wsx::close_code;

struct range {
  int first;
  int last;
};

// RFC 6455 7.4.1 and the IANA registry, 7.4.2.
constexpr range good[] = {{1000, 1003}, {1007, 1014}, {3000, 4999}};

bool may_be_sent(int value) {
  return wsx::may_be_sent(close_code{static_cast<std::uint16_t>(value)});
}

}  // namespace

TEST_SUITE("close_code") {
  TEST_CASE("the boundaries of what may be sent") {
    for (const auto& [first, last] : good) {
      CAPTURE(first);
      CHECK(!may_be_sent(first - 1));
      CHECK(may_be_sent(first));
      CHECK(may_be_sent(last));
      CHECK(!may_be_sent(last + 1));
    }
    CHECK(!may_be_sent(0));
    CHECK(!may_be_sent(0xFFFF));
  }

  TEST_CASE("the codes that stand for what was not sent") {
    for (const int code : {1004, 1005, 1006, 1015}) CHECK(!may_be_sent(code));
  }

  TEST_CASE("everything else, one by one") {
    int count = 0;
    for (int value = 0; value <= 0xFFFF; ++value) count += may_be_sent(value) ? 1 : 0;
    CHECK(count == 4 + 8 + 2000);
  }

  TEST_CASE("every code with a name") {
    for (const auto code :
         {close_code::normal, close_code::going_away, close_code::protocol_error,
          close_code::unsupported_data, close_code::invalid_payload, close_code::policy_violation,
          close_code::message_too_big, close_code::mandatory_extension, close_code::internal_error,
          close_code::service_restart, close_code::try_again_later, close_code::bad_gateway})
      CHECK(wsx::may_be_sent(code));
    static_assert(wsx::may_be_sent(close_code::normal));
  }
}
