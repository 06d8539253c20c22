#include "elf_stamp.hpp"

#if __has_include(<elf.h>)

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <string_view>
#include <type_traits>
#include <vector>

namespace wsx::detail {

namespace {

constexpr bool is_64 = sizeof(void*) == 8;
using file_header = std::conditional_t<is_64, Elf64_Ehdr, Elf32_Ehdr>;
using segment = std::conditional_t<is_64, Elf64_Phdr, Elf32_Phdr>;
using note = Elf32_Nhdr;  // the same for both
static_assert(sizeof(note) == sizeof(Elf64_Nhdr));

constexpr std::size_t most_segments = 128;
constexpr std::size_t most_notes = 64 * 1024;  // bytes of a segment of notes
constexpr std::size_t most_stamp = 1024;
constexpr std::string_view note_name{"wsx\0", 4};
constexpr std::uint32_t stamp_type = 1;

// Reads parts of a file.
class part_reader {
 public:
  explicit part_reader(std::istream& file) : file_(file) {
    file_.seekg(0, std::ios::end);
    const auto end = file_.tellg();
    size_ = end < 0 ? 0 : static_cast<std::uint64_t>(end);
  }

  bool contains(std::uint64_t offset, std::uint64_t count) const noexcept {
    return offset <= size_ && count <= size_ - offset;
  }

  bool read(std::uint64_t offset, void* place, std::size_t count) {
    if (!contains(offset, count)) return false;
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(static_cast<char*>(place), static_cast<std::streamsize>(count));
    return file_.gcount() == static_cast<std::streamsize>(count);
  }

 private:
  std::istream& file_;
  std::uint64_t size_ = 0;
};

// Returns what is wrong with it, or nothing.
std::string_view check(const file_header& header) noexcept {
  constexpr bool little = std::endian::native == std::endian::little;
  const auto& ident = header.e_ident;
  if (!std::equal(ident, ident + SELFMAG, ELFMAG)) return "it is not an ELF file";
  if (ident[EI_CLASS] != (is_64 ? ELFCLASS64 : ELFCLASS32) ||
      ident[EI_DATA] != (little ? ELFDATA2LSB : ELFDATA2MSB))
    return "it is for another kind of processor";
  if (ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT)
    return "its version of ELF is unknown";
  if (header.e_type != ET_DYN) return "it is not a shared object";
  if (header.e_phentsize != sizeof(segment) || header.e_phnum == 0 ||
      header.e_phnum > most_segments)
    return "its table of segments is damaged";
  return {};
}

// The system maps what is within the file, and a process that touches the rest is killed.
std::string_view check(const part_reader& file, const segment& s) noexcept {
  const bool in_file = s.p_type == PT_LOAD || s.p_type == PT_DYNAMIC || s.p_type == PT_NOTE;
  if (in_file && !file.contains(s.p_offset, s.p_filesz)) return "it is truncated";
  if (s.p_type == PT_LOAD && s.p_filesz > s.p_memsz) return "its table of segments is damaged";
  if (s.p_type == PT_NOTE && s.p_filesz > most_notes) return "its notes are too large";
  return {};
}

// Cuts `count` bytes off the front of `rest`, and what fills the last unit of `align`. `rest` ends
// with a segment of `size` bytes, from whose beginning the units are counted.
bool take(std::string_view& rest, std::size_t count, std::size_t size, std::size_t align,
          std::string_view& taken) {
  if (count > rest.size()) return false;
  taken = rest.substr(0, count);
  rest.remove_prefix(count);
  const std::size_t over = (size - rest.size()) % align;
  if (over != 0) rest.remove_prefix(std::min(align - over, rest.size()));
  return true;
}

elf_stamp as_stamp(std::string_view text) {
  const std::size_t end = text.find('\0');
  if (text.size() > most_stamp || end == std::string_view::npos)
    return {.problem = "its stamp is damaged"};
  return {.text = std::string(text.substr(0, end))};
}

// Looks for ours among the notes of a segment. Finds nothing, if there is none.
elf_stamp find_stamp(std::string_view notes, std::size_t align) {
  const std::size_t size = notes.size();
  while (!notes.empty()) {
    note head;
    std::string_view bytes;
    std::string_view name;
    std::string_view text;
    if (!take(notes, sizeof(head), size, 1, bytes)) return {.problem = "its notes are damaged"};
    std::memcpy(&head, bytes.data(), sizeof(head));
    if (!take(notes, head.n_namesz, size, align, name) ||
        !take(notes, head.n_descsz, size, align, text))
      return {.problem = "its notes are damaged"};
    if (name == note_name && head.n_type == stamp_type) return as_stamp(text);
  }
  return {};
}

elf_stamp stamp_in(part_reader& file, const segment& s) {
  std::string notes(static_cast<std::size_t>(s.p_filesz), '\0');
  if (!file.read(s.p_offset, notes.data(), notes.size())) return {.problem = "it can't be read"};
  return find_stamp(notes, s.p_align == 8 ? 8 : 4);
}

elf_stamp problem(std::string_view what) {
  return {.problem = std::string(what)};
}

}  // namespace

elf_stamp read_elf_stamp(std::istream& stream) {
  part_reader file(stream);
  file_header header;
  if (!file.read(0, &header, sizeof(header))) return problem("it is not an ELF file");
  if (const auto wrong = check(header); !wrong.empty()) return problem(wrong);
  std::vector<segment> segments(header.e_phnum);
  if (!file.read(header.e_phoff, segments.data(), segments.size() * sizeof(segment)))
    return problem("it is truncated");
  elf_stamp found;
  for (const segment& each : segments) {
    if (const auto wrong = check(file, each); !wrong.empty()) return problem(wrong);
    const bool done = !found.text.empty() || !found.problem.empty();
    if (each.p_type == PT_NOTE && !done) found = stamp_in(file, each);
  }
  if (!found.problem.empty() || !found.text.empty()) return found;
  return problem("it has no stamp of wsx: a source of a module has WSX_EXPORT_HANDLER");
}

}  // namespace wsx::detail

#else

namespace wsx::detail {

elf_stamp read_elf_stamp(std::istream&) {
  return {.problem = "this system has no ELF files"};
}

}  // namespace wsx::detail

#endif
