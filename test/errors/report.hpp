#pragma once

#include "../loopback/support.hpp"

#include <wsx/wsx.hpp>

#include <functional>
#include <set>
#include <string>
#include <string_view>

// Every error of the library, made to happen for real, and what its users read then.
namespace errors_test {

/// Collects what is said. `text` normalizes what differs from run to run or machine to machine:
/// ports, and the texts of the system and of OpenSSL.
class report {
 public:
  /// A headline.
  void section(std::string_view title);

  /// `what`: what the test did.
  void add(std::string_view what, std::error_code error, std::string_view message,
           const wsx::diagnostics& known = {});
  void add(std::string_view what, const loopback_test::outcome& connected) {
    add(what, connected.error, connected.diagnostics.message, connected.diagnostics);
  }
  void add(std::string_view what, const loopback_test::ending& end) {
    add(what, end.error, end.reason.diagnostics.message, end.reason.diagnostics);
  }
  void add(std::string_view what, const wsx::system_error& e) {
    add(what, e.code(), e.what(), e.diagnostics());
  }

  const std::string& text() const noexcept { return text_; }

  /// The errors of wsx that have not happened.
  std::set<wsx::errc> missing() const;

 private:
  std::string text_;
  std::set<wsx::errc> seen_;
};

/// What an operation throws.
template <class Client, class T>
wsx::system_error thrown_by(Client& client, asio::awaitable<T> operation) {
  try {
    client.wait(std::move(operation));
  } catch (const wsx::system_error& e) {
    return e;
  }
  return wsx::system_error(std::error_code());
}

void requests(report& to);
void connecting(report& to);
void proxies(report& to);
void responses(report& to);
void certificates(report& to);
void frames(report& to);
void endings(report& to);
void misuse(report& to);
void supervision(report& to);
void code_changes(report& to);

}  // namespace errors_test
