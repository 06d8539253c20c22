// What the tests over real sockets share is written for doctest; this program has a main of its
// own.
#define DOCTEST_CONFIG_IMPLEMENT

#include "report.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

// Compares what all errors say with `golden.md`, which is its argument; `--accept` as the second
// writes that file anew. Read it through then as a user would.

namespace {

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The lines that differ, up to where both go on alike.
void print_difference(const std::string& expected, const std::string& actual) {
  std::istringstream before(expected), after(actual);
  std::string was, is;
  while (true) {
    const bool more_before = static_cast<bool>(std::getline(before, was));
    const bool more_after = static_cast<bool>(std::getline(after, is));
    if (!more_before && !more_after) return;
    if (!more_before) was.clear();
    if (!more_after) is.clear();
    if (was != is) std::cout << "- " << was << "\n+ " << is << "\n";
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  errors_test::report all;
  errors_test::requests(all);
  errors_test::connecting(all);
  errors_test::proxies(all);
  errors_test::responses(all);
  errors_test::certificates(all);
  errors_test::frames(all);
  errors_test::endings(all);
  errors_test::misuse(all);
  errors_test::supervision(all);
  errors_test::code_changes(all);

  for (const auto e : all.missing())
    std::cout << "never happened: " << make_error_code(e).message() << "\n";
  const std::string text = "# What the errors of wsx say\n\n" + all.text();
  if (count > 2 && std::string_view(arguments[2]) == "--accept") {
    std::ofstream(arguments[1], std::ios::binary) << text;
    return 0;
  }
  const std::string golden = read(arguments[1]);
  if (text != golden) print_difference(golden, text);
  return text == golden && all.missing().empty() ? 0 : 1;
}
