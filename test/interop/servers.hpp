#pragma once

#include <wsx/options.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

/// A real server, started by run.py.
struct server {
  std::string name;
  std::string url;
};

inline std::string from_environment(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr) throw std::runtime_error(variable + " is not set: run these by run.py");
  return value;
}

inline server server_named(const std::string& name) {
  return {name, from_environment("WSX_INTEROP_" + name)};
}

/// Kills the process of one of the servers that are there to be killed.
inline void kill_server(const server& s) {
  const auto process = std::stoi(from_environment("WSX_INTEROP_" + s.name + "_PROCESS"));
  if (::kill(process, SIGKILL) != 0)
    throw std::runtime_error(s.name + " is not there to be killed");
}

/// Options that trust run.py's certificates.
inline wsx::options trusting_options() {
  wsx::options o;
  o.tls.ca_file = from_environment("WSX_INTEROP_CA");
  return o;
}

/// Whether run.py does without the servers whose names begin like this one's.
inline bool is_left_out(const std::string& name) {
  const char* without = std::getenv("WSX_INTEROP_WITHOUT");
  if (without == nullptr) return false;
  std::istringstream words(without);
  const std::istream_iterator<std::string> begin(words), end;
  return std::any_of(begin, end, [&](const auto& word) { return name.starts_with(word); });
}

/// Runs `test(server)` in a subcase for each of the servers.
template <class Test>
void with_each_of(const std::vector<const char*>& names, Test test) {
  for (const char* name : names) {
    if (is_left_out(name)) continue;
    SUBCASE(name) test(server_named(name));
  }
}

/// Runs `test(server)` for every echo server, in the clear and over TLS, and one on a
/// unix-domain socket.
template <class Test>
void with_each_echo_server(Test test) {
  with_each_of({"NODE_WS", "NODE_WSS", "PYTHON_WS", "PYTHON_WSS", "PYTHON_UNIX"}, test);
}
