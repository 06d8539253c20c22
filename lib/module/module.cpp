#include "../protocol/display.hpp"
#include "elf_stamp.hpp"
#include "loaded_modules.hpp"
#include "module_count.hpp"

#include <wsx/detail/abi.hpp>
#include <wsx/error.hpp>
#include <wsx/module.hpp>
#include <wsx/system_error.hpp>

#include <cerrno>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

namespace wsx {

namespace {

using detail::load_result;

// Returns the first words that differ: "asio_102201 where the program has asio_103002".
std::string difference(std::string_view of_module) {
  std::istringstream theirs{std::string(of_module)};
  std::istringstream ours{abi::stamp};
  std::string their_word;
  std::string our_word;
  while (true) {
    const bool they = static_cast<bool>(theirs >> their_word);
    const bool we = static_cast<bool>(ours >> our_word);
    if (!they) their_word = "nothing";
    if (!we) our_word = "nothing";
    if (their_word != our_word || !they)
      return protocol::escape(their_word) + " where the program has " + our_word;
  }
}

load_result load(const std::string& file) {
  if (!detail::can_load_modules()) return detail::load_module(file);  // says so
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return {.error = {errno, std::generic_category()}};
  const auto found = detail::read_elf_stamp(stream);
  if (!found.problem.empty()) return {.error = errc::no_module, .detail = found.problem};
  if (found.text != abi::stamp)
    return {.error = errc::module_differs, .detail = difference(found.text)};
  return detail::load_module(file);
}

system_error failed_to_load(const std::string& file, const load_result& how) {
  diagnostics details;
  details.detail = protocol::escape(how.detail, 400);
  details.message = "cannot load the module " + protocol::quote(file, 200) + ": " +
                    how.error.message() + (details.detail.empty() ? "" : ": ") + details.detail;
  return system_error(how.error, std::move(details));
}

// A change to the handler of a module.
class change_to_module final : public detail::handler_change {
 public:
  change_to_module(const detail::module_entry& entry, std::string extra)
      : entry_(entry), extra_(std::move(extra)) {}

  const detail::handler_info& to() const noexcept override { return *entry_.info; }

  any_handler make(const any_handler& old, const old_version& from) override {
    return entry_.change(from, detail::saved_state(old, to().version), extra_);
  }

 private:
  const detail::module_entry& entry_;
  const std::string extra_;
};

}  // namespace

module::module(const std::string& file) {
  const auto how = load(file);
  if (how.error) throw failed_to_load(file, how);
  entry_ = how.entry;
}

module::module(const std::string& file, std::error_code& error) {
  const auto how = load(file);
  error = how.error;
  entry_ = how.entry;
}

std::size_t module::loaded() noexcept {
  return detail::module_count().load(std::memory_order_relaxed);
}

std::unique_ptr<detail::handler_change> detail::make_change(const module& to, std::string extra) {
  return std::make_unique<change_to_module>(module_access::entry_of(to), std::move(extra));
}

}  // namespace wsx
