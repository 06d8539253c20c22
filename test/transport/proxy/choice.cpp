#include "../../../lib/transport/proxy/choice.hpp"

#include <wsx/error.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>

namespace {

using variables = std::map<std::string, std::string>;

variables set;

std::string read(const char* name) {
  const auto found = set.find(name);
  return found == set.end() ? "" : found->second;
}

struct choice {
  std::string proxy{};  // "host:port"; empty: none
  std::error_code error{};
  std::string what{};
};

choice choose(const wsx::proxy_options& options, const std::string& url) {
  wsx::url to;
  REQUIRE_FALSE(wsx::parse_url(url, to));
  choice result;
  const auto by = choose_proxy(options, to, read, result.error, result.what);
  if (by) result.proxy = by->at.host_and_port();
  return result;
}

std::string by_environment(const variables& all, const std::string& url) {
  set = all;
  const auto result = choose({.from_environment = true}, url);
  CHECK_FALSE(result.error);
  return result.proxy;
}

const std::string ws = "ws://example.com/";
const std::string wss = "wss://example.com/";

}  // namespace

TEST_SUITE("transport/proxy/choice") {
  TEST_CASE("no option, no proxy: the environment does not count") {
    set = {{"all_proxy", "http://a:1"}};
    CHECK(choose({}, ws).proxy.empty());
    CHECK(choose({.no_proxy = "x"}, wss).proxy.empty());
  }

  TEST_CASE("the option, but for what is exempt") {
    set = {{"all_proxy", "http://a:1"}, {"no_proxy", "*"}};
    const wsx::proxy_options options{
        .url = "http://p:3128", .no_proxy = "example.org", .from_environment = true};
    CHECK(choose(options, ws).proxy == "p:3128");
    CHECK(choose(options, wss).proxy == "p:3128");
    CHECK(choose(options, "wss://www.example.org/").proxy.empty());
  }

  TEST_CASE("an option that is no proxy") {
    const auto result = choose({.url = "ftp://me:secret@p"}, ws);
    CHECK(result.error == wsx::errc::invalid_option);
    CHECK(result.what ==
          R"(dial.proxy.url is invalid: the scheme is "ftp", not http, https, socks5 or socks5h)");
    std::string what;
    CHECK(wsx::check_proxy({.url = "ftp://me:secret@p"}, what) == wsx::errc::invalid_option);
    CHECK(what == result.what);
    CHECK_FALSE(wsx::check_proxy({}, what));
    CHECK_FALSE(wsx::check_proxy({.url = "socks5://p"}, what));
  }

  TEST_CASE("the variables for wss, in their order") {
    variables all{{"ALL_PROXY", "http://a:6"}};
    CHECK(by_environment(all, wss) == "a:6");
    all["all_proxy"] = "http://a:5";
    CHECK(by_environment(all, wss) == "a:5");
    all["HTTPS_PROXY"] = "http://a:4";
    CHECK(by_environment(all, wss) == "a:4");
    all["https_proxy"] = "http://a:3";
    CHECK(by_environment(all, wss) == "a:3");
    all["WSS_PROXY"] = "http://a:2";
    CHECK(by_environment(all, wss) == "a:2");
    all["wss_proxy"] = "http://a:1";
    CHECK(by_environment(all, wss) == "a:1");
    CHECK(by_environment(all, ws) == "a:5");
  }

  TEST_CASE("the variables for ws: HTTP_PROXY may be a header of a client of a CGI program") {
    variables all{{"HTTP_PROXY", "http://evil:1"}, {"https_proxy", "http://a:9"}};
    CHECK(by_environment(all, ws).empty());
    all["ALL_PROXY"] = "http://a:5";
    CHECK(by_environment(all, ws) == "a:5");
    all["http_proxy"] = "http://a:3";
    CHECK(by_environment(all, ws) == "a:3");
    all["WS_PROXY"] = "http://a:2";
    CHECK(by_environment(all, ws) == "a:2");
    all["ws_proxy"] = "http://a:1";
    CHECK(by_environment(all, ws) == "a:1");
  }

  TEST_CASE("an empty variable is none; a URL without a scheme is one of http") {
    CHECK(by_environment({{"https_proxy", ""}, {"HTTPS_PROXY", "p:3128"}}, wss) == "p:3128");
    CHECK(by_environment({{"https_proxy", "me:secret@p:3128"}}, wss) == "p:3128");
    CHECK(by_environment({{"https_proxy", "p"}}, wss) == "p:1080");
  }

  TEST_CASE("no_proxy, else NO_PROXY") {
    variables all{{"all_proxy", "http://a:1"}, {"NO_PROXY", "example.com"}};
    CHECK(by_environment(all, ws).empty());
    CHECK(by_environment(all, "ws://example.org/") == "a:1");
    all["no_proxy"] = "example.org";
    CHECK(by_environment(all, ws) == "a:1");
    CHECK(by_environment(all, "ws://example.org/").empty());
  }

  TEST_CASE("a variable that has no proxy is named, without its secrets") {
    set = {{"HTTPS_PROXY", "ftp://me:secret@p"}};
    const auto result = choose({.from_environment = true}, wss);
    CHECK(result.error == wsx::errc::invalid_option);
    CHECK(result.what.starts_with("the environment's HTTPS_PROXY is invalid: the scheme is"));
    CHECK(result.what.find("secret") == std::string::npos);
  }

  TEST_CASE("the environment of the process") {
    CHECK_FALSE(wsx::environment_of_process("PATH").empty());
    CHECK(wsx::environment_of_process("WSX_NOBODY_SETS_THIS").empty());
  }
}
