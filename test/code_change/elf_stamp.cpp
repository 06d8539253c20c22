#include "../../lib/module/elf_stamp.hpp"

#include "support.hpp"

#include <wsx/detail/abi.hpp>

#include <cstdint>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <sstream>
#include <type_traits>
#include <vector>

// Files that are no modules, or damaged: none of them may be mapped or run.

namespace {

using wsx::detail::elf_stamp;
using wsx::detail::read_elf_stamp;

constexpr bool is_64 = sizeof(void*) == 8;
using file_header = std::conditional_t<is_64, Elf64_Ehdr, Elf32_Ehdr>;
using segment = std::conditional_t<is_64, Elf64_Phdr, Elf32_Phdr>;

std::string a_module() {
  std::ifstream file(WSX_MODULES "/module_stamped.so", std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

elf_stamp stamp_of(const std::string& bytes) {
  std::istringstream file(bytes);
  return read_elf_stamp(file);
}

template <class T>
T at(const std::string& bytes, std::size_t offset) {
  T value;
  REQUIRE(offset + sizeof(value) <= bytes.size());
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}
template <class T>
void put(std::string& bytes, std::size_t offset, const T& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

template <class Field>
void set(Field& field, std::uint64_t value) {
  field = static_cast<Field>(value);
}

// The module, after `change` of its header.
std::string with_header(const std::function<void(file_header&)>& change) {
  std::string bytes = a_module();
  auto header = at<file_header>(bytes, 0);
  change(header);
  put(bytes, 0, header);
  return bytes;
}

// After `change` of the first segment of that type.
std::string with_segment(std::uint32_t type, const std::function<void(segment&)>& change) {
  std::string bytes = a_module();
  const auto header = at<file_header>(bytes, 0);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    const auto place = static_cast<std::size_t>(header.e_phoff) + i * sizeof(segment);
    auto s = at<segment>(bytes, place);
    if (s.p_type != type) continue;
    change(s);
    put(bytes, place, s);
    break;
  }
  return bytes;
}

// Where our note begins: at its name's size.
std::size_t note_in(const std::string& bytes) {
  const auto stamp = bytes.find(wsx::abi::stamp);
  REQUIRE(stamp != std::string::npos);
  return stamp - 16;
}

std::string with_note(std::size_t offset, std::uint32_t value) {
  std::string bytes = a_module();
  put(bytes, note_in(bytes) + offset, value);
  return bytes;
}

// A note, in a segment whose units have `align` bytes: so are the processor features that compilers
// of some systems write into each object, before our note.
std::string note_of(std::string_view name, std::uint32_t type, std::string_view text,
                    std::size_t align = 4) {
  const auto fill = [align](std::string& bytes) {
    bytes.resize((bytes.size() + align - 1) / align * align);
  };
  const Elf32_Nhdr head{static_cast<std::uint32_t>(name.size()),
                        static_cast<std::uint32_t>(text.size()), type};
  std::string bytes(sizeof(head), '\0');
  put(bytes, 0, head);
  bytes += name;
  fill(bytes);
  bytes += text;
  fill(bytes);
  return bytes;
}

struct notes {
  std::string bytes;
  std::size_t align = 4;
};

// A shared object with these segments, and nothing else.
std::string file_with(const std::vector<notes>& all) {
  auto header = at<file_header>(a_module(), 0);
  header.e_phoff = sizeof(header);
  set(header.e_phnum, all.size());
  std::string bytes(sizeof(header) + all.size() * sizeof(segment), '\0');
  put(bytes, 0, header);
  for (std::size_t i = 0; i < all.size(); ++i) {
    segment s{};
    s.p_type = PT_NOTE;
    set(s.p_offset, bytes.size());
    set(s.p_filesz, all[i].bytes.size());
    set(s.p_align, all[i].align);
    put(bytes, sizeof(header) + i * sizeof(segment), s);
    bytes += all[i].bytes;
  }
  return bytes;
}

const std::string gnu("GNU\0", 4);
const std::string wsx_name("wsx\0", 4);

constexpr std::uint64_t huge = ~std::uint64_t{0} - 7;

}  // namespace

TEST_SUITE("code_change/elf_stamp") {
  TEST_CASE("a module has the stamp of the program") {
    const auto found = stamp_of(a_module());
    CHECK(found.text == wsx::abi::stamp);
    CHECK(found.problem.empty());
  }

  TEST_CASE("other notes before it, behind it, and in segments of other units") {
    const std::string stamp(wsx::abi::stamp, sizeof(wsx::abi::stamp));
    const std::string ours = note_of(wsx_name, 1, stamp);
    const auto text_of = [](const std::vector<notes>& all) {
      const auto found = stamp_of(file_with(all));
      CHECK(found.problem.empty());
      return found.text;
    };
    CHECK(text_of({{ours}}) == wsx::abi::stamp);
    CHECK(text_of({{note_of(gnu, 3, "odd") + ours + note_of(gnu, 1, "")}}) == wsx::abi::stamp);
    const std::string features = note_of(gnu, 5, std::string(16, 'f'), 8);
    CHECK(features.size() == 32);
    CHECK(text_of({{features, 8}, {ours}}) == wsx::abi::stamp);
    CHECK(text_of({{ours}, {features, 8}}) == wsx::abi::stamp);
    CHECK(text_of({{note_of("odd", 1, "odd", 8) + note_of(wsx_name, 1, stamp, 8), 8}}) ==
          wsx::abi::stamp);
    CHECK(text_of({{ours}, {note_of(wsx_name, 1, std::string("another\0", 8))}}) ==
          wsx::abi::stamp);
  }

  TEST_CASE("a stamp that is too long") {
    std::string text(1024, 'x');
    text.back() = '\0';
    CHECK(stamp_of(file_with({{note_of(wsx_name, 1, text)}})).text.size() == 1023);
    text.insert(0, "x");
    CHECK(stamp_of(file_with({{note_of(wsx_name, 1, text)}})).problem == "its stamp is damaged");
  }

  TEST_CASE("damaged files") {
    const std::string whole = a_module();
    const auto check = [](const std::string& bytes, std::string_view problem) {
      const auto found = stamp_of(bytes);
      CHECK(found.text.empty());
      CHECK(found.problem == problem);
    };
    check("", "it is not an ELF file");
    check("#!/bin/sh\n", "it is not an ELF file");
    check(std::string(4096, '\0'), "it is not an ELF file");
    check(whole.substr(0, sizeof(file_header) - 1), "it is not an ELF file");
    check(whole.substr(0, sizeof(file_header)), "it is truncated");
    check(whole.substr(0, sizeof(file_header) + sizeof(segment)), "it is truncated");
    check(whole.substr(0, note_in(whole)), "it is truncated");
    check(with_header([](auto& h) { h.e_ident[EI_CLASS] = is_64 ? ELFCLASS32 : ELFCLASS64; }),
          "it is for another kind of processor");
    check(with_header([](auto& h) { h.e_ident[EI_DATA] ^= 3; }),
          "it is for another kind of processor");
    check(with_header([](auto& h) { h.e_ident[EI_VERSION] = 9; }), "its version of ELF is unknown");
    check(with_header([](auto& h) { h.e_version = 9; }), "its version of ELF is unknown");
    check(with_header([](auto& h) { h.e_type = ET_EXEC; }), "it is not a shared object");
    check(with_header([](auto& h) { h.e_type = ET_REL; }), "it is not a shared object");
    check(with_header([](auto& h) { h.e_phnum = 0; }), "its table of segments is damaged");
    check(with_header([](auto& h) { h.e_phnum = 0xffff; }), "its table of segments is damaged");
    check(with_header([](auto& h) { h.e_phentsize = 1; }), "its table of segments is damaged");
    check(with_header([](auto& h) { set(h.e_phoff, huge); }), "it is truncated");
    check(with_segment(PT_LOAD, [](auto& s) { set(s.p_offset, huge); }), "it is truncated");
    check(with_segment(PT_LOAD,
                       [](auto& s) {
                         set(s.p_filesz, huge);
                         set(s.p_memsz, huge);
                       }),
          "it is truncated");
    check(with_segment(PT_LOAD, [](auto& s) { s.p_memsz = s.p_filesz - 1; }),
          "its table of segments is damaged");
    check(with_segment(PT_DYNAMIC, [](auto& s) { set(s.p_offset, huge); }), "it is truncated");
    check(with_segment(PT_NOTE, [](auto& s) { set(s.p_offset, huge); }), "it is truncated");
    check(with_segment(PT_NOTE, [](auto& s) { set(s.p_filesz, 1); }), "its notes are damaged");
    check(with_note(0, 0xfffffff0), "its notes are damaged");
    check(with_note(4, 0xffffffff), "its notes are damaged");
    check(with_note(4, 3), "its stamp is damaged");
    check(with_note(4, 0), "its stamp is damaged");
    constexpr std::string_view none =
        "it has no stamp of wsx: a source of a module has WSX_EXPORT_HANDLER";
    check(with_note(8, 7), none);
    check(with_note(12, 0x41414141), none);
  }

  TEST_CASE("notes that are too large are not read") {
    std::string bytes = with_segment(PT_NOTE, [](auto& s) { set(s.p_filesz, 64 * 1024 + 1); });
    bytes.resize(bytes.size() + 128 * 1024);
    CHECK(stamp_of(bytes).problem == "its notes are too large");
  }

  TEST_CASE("every truncation of the part that is read, and random damage") {
    const std::string whole = a_module();
    const std::size_t head = note_in(whole) + sizeof(wsx::abi::stamp) + 16;
    for (std::size_t size = 0; size < head; ++size)
      CHECK(!stamp_of(whole.substr(0, size)).problem.empty());
    std::minstd_rand random(7);
    for (int round = 0; round < 20'000; ++round) {
      std::string damaged = whole.substr(0, head + random() % 64);
      for (auto changes = 1 + random() % 8; changes > 0; --changes)
        damaged[random() % damaged.size()] = static_cast<char>(random());
      const auto found = stamp_of(damaged);
      CHECK(found.text.empty() != found.problem.empty());
    }
  }
}
