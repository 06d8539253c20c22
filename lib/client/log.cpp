#include <wsx/log.hpp>

#include <fmt/format.h>

#include <atomic>
#include <cstdio>

namespace wsx {

namespace {

void write_to_stderr(std::string_view line) {
  fmt::print(stderr, "wsx: {}\n", line);
}

std::atomic<log_sink> current{&write_to_stderr};

}  // namespace

void set_log_sink(log_sink sink) noexcept {
  current.store(sink);
}

namespace detail {

void log_unhandled(const char* type) {
  if (const auto sink = current.load())
    sink(fmt::format("no handle_info takes a message of type {}", type));
}

}  // namespace detail

}  // namespace wsx
