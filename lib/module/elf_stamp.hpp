#pragma once

#include <wsx/export.hpp>

#include <istream>
#include <string>

namespace wsx::detail {

// What was found in a file: a stamp, or else a problem, which is a complete phrase.
struct elf_stamp {
  std::string text{};
  std::string problem{};
};

// Reads the stamp of a module from its ELF notes, and checks whatever can be checked of the file
// before the system maps it. Reads little, wherever the file says that it is, and trusts none of
// it.
WSX_API elf_stamp read_elf_stamp(std::istream& file);

}  // namespace wsx::detail
