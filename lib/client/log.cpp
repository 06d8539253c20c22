#include <wsx/log.hpp>

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#if __has_include(<cxxabi.h>)
#include <cxxabi.h>
#endif

namespace wsx {

namespace {

void write_to_stderr(std::string_view line) {
  fmt::print(stderr, "wsx: {}\n", line);
}

std::atomic<log_sink> current{&write_to_stderr};

// Returns the name of a type as in its source.
std::string as_written(const char* name) {
#if __has_include(<cxxabi.h>)
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(
      ::abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  if (status == 0) return plain.get();
#endif
  return name;
}

}  // namespace

void set_log_sink(log_sink sink) noexcept {
  current.store(sink);
}

namespace detail {

void log_unhandled(const char* type, std::string_view callback) {
  if (const auto sink = current.load())
    sink(fmt::format("no public {} takes a message of type {}", callback, as_written(type)));
}

void log_dropped_reply() {
  if (const auto sink = current.load()) sink("a reply is dropped: there is no connection");
}

void log_report(std::string_view line) {
  if (const auto sink = current.load()) sink(line);
}

}  // namespace detail

}  // namespace wsx
