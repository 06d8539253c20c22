#pragma once

#include "../clients/figures.hpp"
#include "../clients/plan.hpp"

#include <string>

namespace bench {

/// Reads the command line; ends the program if it is wrong. Allows many connections.
plan parse(int argc, char** argv);

/// Says that this library can't do what it is asked to, and ends the program.
[[noreturn]] void unsupported(const std::string& why);

/// Prints the result and ends the program, from wherever it is: how a library shuts down is not
/// measured.
[[noreturn]] void finish(const figures& f, const std::string& version);

}  // namespace bench
