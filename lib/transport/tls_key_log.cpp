#include "tls_key_log.hpp"

#include "../protocol/display.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <system_error>

namespace wsx {

namespace {

struct key_log {
  std::mutex mutex{};
  std::ofstream file{};
};

void free_log(void*, void* log, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<key_log*>(log);
}

// Where a context stores its log.
int log_place() noexcept {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_log);
  return index;
}

void append(const SSL* ssl, const char* line) {
  auto& log = *static_cast<key_log*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), log_place()));
  const std::lock_guard lock(log.mutex);
  log.file << line << std::endl;  // a debugger may be reading
}

}  // namespace

bool log_keys(SSL_CTX* context, const std::string& path, std::string& what) {
  auto log = std::make_unique<key_log>();
  std::error_code ignored;
  const bool is_new = !std::filesystem::exists(path, ignored);
  log->file.open(path, std::ios::app);
  using std::filesystem::perms;
  if (is_new) std::filesystem::permissions(path, perms::owner_read | perms::owner_write, ignored);
  if (!log->file || SSL_CTX_set_ex_data(context, log_place(), log.get()) != 1) {
    what = "tls_options::key_log_file " + protocol::quote(path, 200) + " can't be opened";
    return false;
  }
  (void)log.release();  // of the context
  SSL_CTX_set_keylog_callback(context, append);
  return true;
}

}  // namespace wsx
