#include <wsx/error.hpp>
#include <wsx/system_error.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("system_error") {
  TEST_CASE("carries the code alone") {
    const wsx::system_error e(wsx::errc::queue_full);
    CHECK(e.code() == wsx::errc::queue_full);
    CHECK(contains(e.what(), make_error_code(wsx::errc::queue_full).message()));
    CHECK(e.diagnostics().detail.empty());
    CHECK(e.diagnostics().http_status == 0);
    CHECK(e.diagnostics().certificate_error == 0);
    CHECK(!e.reason());
  }

  TEST_CASE("carries diagnostics, and says what was wrong") {
    const wsx::system_error e(wsx::errc::unexpected_status,
                              {.detail = "Not Here", .http_status = 404, .http_body = "gone"});
    CHECK(e.code() == wsx::condition::handshake_failed);
    CHECK(contains(e.what(), "Not Here"));
    CHECK(contains(e.what(), make_error_code(wsx::errc::unexpected_status).message()));
    CHECK(e.diagnostics().http_status == 404);
    CHECK(e.diagnostics().http_body == "gone");
    CHECK(!e.reason());
  }

  TEST_CASE("carries why a client ended, and says it") {
    wsx::close_reason reason;
    reason.origin = wsx::close_origin::remote;
    reason.received = wsx::close_code{4001};
    reason.text = "go away";
    const wsx::system_error e(wsx::errc::closed_abnormally, reason);
    CHECK(contains(e.what(), "go away"));
    REQUIRE(e.reason());
    CHECK(e.reason()->code() == wsx::close_code{4001});
    CHECK(e.diagnostics().detail.empty());
  }

  TEST_CASE("is caught as what the standard library throws, and keeps everything when copied") {
    try {
      throw wsx::system_error(wsx::errc::invalid_url, {.detail = "nonsense"});
    } catch (const std::system_error& e) {
      CHECK(e.code() == wsx::errc::invalid_url);
      const auto* const ours = dynamic_cast<const wsx::system_error*>(&e);
      REQUIRE(ours != nullptr);
      const wsx::system_error copy = *ours;
      CHECK(copy.diagnostics().detail == "nonsense");
      CHECK(contains(copy.what(), "nonsense"));
    }
  }
}
