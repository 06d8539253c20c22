#include "tls_share.hpp"

#include <utility>

namespace wsx {

std::shared_ptr<tls_share> make_tls_share() {
  return std::make_shared<tls_share>();
}

std::shared_ptr<tls_context> tls_share::context(const tls_options& options, std::error_code& error,
                                                diagnostics& d) {
  tls_options key = options;
  key.share.reset();  // it would own itself
  key.resume = true;  // clients that don't resume may share the certificates
  const std::lock_guard lock(mutex_);
  for (const auto& known : entries_) {
    if (known.options == key) return known.context;
  }
  auto made = tls_context::make(key, error, d);
  if (made) entries_.push_back({std::move(key), made});
  return made;
}

}  // namespace wsx
