#include "report.hpp"

#include <asio/error.hpp>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <regex>
#include <utility>

namespace errors_test {

namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string name_of(std::error_code error) {
  if (!error) return "no error";
  if (error.category() == wsx::error_category())
    return wsx::to_string(static_cast<wsx::errc>(error.value()));
  return "an error of the system";
}

// "permanent", "transient" or neither.
std::string verdict_on(std::error_code error) {
  if (error == wsx::condition::permanent) return ", permanent";
  return error == wsx::condition::transient ? ", transient" : "";
}

std::string normalized(std::string text, std::error_code error, const wsx::diagnostics& known) {
  if (error.category() != wsx::error_category()) replace_all(text, error.message(), "(the system)");
  for (const auto& tried : known.tried) replace_all(text, tried.error.message(), "(the system)");
  if (known.certificate_error != X509_V_OK)
    replace_all(text, X509_verify_cert_error_string(known.certificate_error), "(OpenSSL)");
  replace_all(text, std::make_error_code(std::errc::connection_reset).message(), "(the system)");
  static const std::regex date("[0-9-]{10} [0-9:]{8} UTC"), accept("not \"[A-Za-z0-9+/]{27}=\"");
  text = std::regex_replace(std::regex_replace(text, date, "DATE"), accept, "not \"...\"");
  static const std::regex port("(127\\.0\\.0\\.[0-9]+|\\[::1\\]|localhost):[0-9]{2,5}");
  return std::regex_replace(text, port, "$1:PORT");
}

}  // namespace

void report::section(std::string_view title) {
  if (!text_.empty()) text_ += '\n';
  text_.append("## ").append(title).append("\n");
}

void report::add(std::string_view what, std::error_code error, std::string_view message,
                 const wsx::diagnostics& known) {
  if (error.category() == wsx::error_category())
    seen_.insert(static_cast<wsx::errc>(error.value()));
  text_.append("\n").append(what).append(": ").append(name_of(error)).append(verdict_on(error));
  text_ += '\n';
  if (!error) return;
  text_.append("\n    ").append(normalized(std::string(message), error, known)).append("\n");
}

// The values are those that have a text of their own.
std::set<wsx::errc> report::missing() const {
  std::set<wsx::errc> result;
  const std::string unknown = make_error_code(wsx::errc{9999}).message();
  for (int value = 1; value < 300; ++value) {
    const wsx::errc e{value};
    if (make_error_code(e).message() != unknown && !seen_.contains(e)) result.insert(e);
  }
  return result;
}

}  // namespace errors_test
