#include "loaded_modules.hpp"

#include "module_count.hpp"

#include <wsx/error.hpp>
#include <wsx/module.hpp>

#if __has_include(<dlfcn.h>) && __has_include(<elf.h>)

#include <algorithm>
#include <cstdint>
#include <dlfcn.h>
#include <filesystem>
#include <mutex>
#include <vector>

namespace wsx::detail {

namespace {

namespace fs = std::filesystem;

// A module in the process, and what its file was like then.
struct loaded {
  void* handle;
  std::uintmax_t size;
  fs::file_time_type time;
};

struct registry {
  std::mutex mutex;
  std::vector<loaded> modules;
};

// Never destroyed: a handler of a module may be the last to go.
registry& all() {
  static auto* const instance = new registry();
  return *instance;
}

load_result refuse(errc error, std::string detail = {}) {
  return {.error = error, .detail = std::move(detail)};
}

load_result refuse_by_system() {
  const char* const said = ::dlerror();
  return refuse(errc::module_not_loaded, said == nullptr ? "" : said);
}

// Returns the beginning of the object that contains the address.
const void* object_of(const void* address) noexcept {
  Dl_info info{};
  return ::dladdr(address, &info) == 0 ? nullptr : info.dli_fbase;
}

// The system may have bound names of the module to those of the program, or of another module.
load_result check_entry(const module_entry& entry) {
  if (entry.library != abi::library())
    return refuse(errc::module_not_loaded,
                  "it has its own copy of wsx: link it with the shared library, or with none");
  const void* const own = object_of(&entry);
  if (object_of(entry.info) != own || object_of(reinterpret_cast<const void*>(entry.change)) != own)
    return refuse(errc::module_not_loaded,
                  "its code is hidden by other code of that name: compile it with "
                  "-fvisibility=hidden");
  return {.entry = &entry};
}

load_result entry_in(void* handle) {
  const auto* const entry = static_cast<const module_entry*>(::dlsym(handle, "wsx_module_entry"));
  return entry == nullptr ? refuse_by_system() : check_entry(*entry);
}

load_result find_again(const registry& r, void* handle, const loaded& now) {
  const auto known = std::ranges::find(r.modules, handle, &loaded::handle);
  if (known == r.modules.end())
    return refuse(errc::module_not_loaded, "the program has loaded it in another way");
  if (known->size != now.size || known->time != now.time)
    return refuse(errc::module_not_loaded,
                  "the file was replaced since it was loaded: each version needs its own file");
  return entry_in(handle);
}

}  // namespace

load_result load_module(const std::string& file) {
  std::error_code error;
  const fs::path path = fs::absolute(file, error);  // the system looks for a bare name elsewhere
  loaded now{nullptr, fs::file_size(path, error), {}};
  if (!error) now.time = fs::last_write_time(path, error);
  if (error) return {.error = error};

  registry& r = all();
  const std::scoped_lock lock(r.mutex);
  if (void* const again = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD))
    return find_again(r, again, now);
  if (r.modules.size() >= module::max_loaded) return refuse(errc::too_many_modules);
  now.handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (now.handle == nullptr) return refuse_by_system();
  r.modules.push_back(now);
  module_count().store(r.modules.size(), std::memory_order_relaxed);
  return entry_in(now.handle);
}

bool can_load_modules() noexcept {
  return true;
}

}  // namespace wsx::detail

#else

namespace wsx::detail {

load_result load_module(const std::string&) {
  return {.error = std::make_error_code(std::errc::not_supported)};
}

bool can_load_modules() noexcept {
  return false;
}

}  // namespace wsx::detail

#endif
