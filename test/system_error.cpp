#include <wsx/error.hpp>
#include <wsx/system_error.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>

TEST_SUITE("system_error") {
  TEST_CASE("carries the code alone") {
    const wsx::system_error e(wsx::errc::queue_full);
    CHECK(e.code() == wsx::errc::queue_full);
    CHECK(e.what() == make_error_code(wsx::errc::queue_full).message());
    CHECK(e.diagnostics().detail.empty());
    CHECK(e.diagnostics().http_status == 0);
    CHECK(e.diagnostics().certificate_error == 0);
    CHECK(!e.reason());
  }

  TEST_CASE("carries diagnostics, and says what was wrong") {
    const wsx::system_error e(wsx::errc::refused, {.message = "in one sentence",
                                                   .detail = "Not Here",
                                                   .http_status = 404,
                                                   .http_body = "gone"});
    CHECK(e.code() == wsx::condition::handshake_failed);
    CHECK(std::string(e.what()) == "in one sentence");
    CHECK(e.diagnostics().http_status == 404);
    CHECK(e.diagnostics().http_body == "gone");
    CHECK(!e.reason());
  }

  TEST_CASE("carries why a client ended, and says it") {
    wsx::close_reason reason;
    reason.origin = wsx::close_origin::remote;
    reason.received = wsx::close_code{4001};
    reason.text = "go away";
    reason.diagnostics.message = "how it ended";
    const wsx::system_error e(wsx::errc::closed_abnormally, reason);
    CHECK(std::string(e.what()) == "how it ended");
    REQUIRE(e.reason());
    CHECK(e.reason()->code() == wsx::close_code{4001});
    CHECK(e.diagnostics().message == "how it ended");
  }

  TEST_CASE("is caught as what the standard library throws, and keeps everything when copied") {
    try {
      throw wsx::system_error(wsx::errc::invalid_url,
                              {.message = "what was wrong", .detail = "nonsense"});
    } catch (const std::system_error& e) {
      CHECK(e.code() == wsx::errc::invalid_url);
      const auto* const ours = dynamic_cast<const wsx::system_error*>(&e);
      REQUIRE(ours != nullptr);
      const wsx::system_error copy = *ours;
      CHECK(copy.diagnostics().detail == "nonsense");
      CHECK(copy.what() == std::string("what was wrong"));
    }
  }
}
