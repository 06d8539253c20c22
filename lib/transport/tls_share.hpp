#pragma once

#include "tls_context.hpp"

#include <memory>
#include <mutex>
#include <system_error>
#include <vector>

namespace wsx {

/// The contexts of the clients with this share, one per set of trust settings.
class tls_share {
 public:
  /// Returns the context for the options, and makes it if there is none; null like
  /// `tls_context::make`.
  std::shared_ptr<tls_context> context(const tls_options& options, std::error_code& error,
                                       diagnostics& d);

 private:
  struct entry {
    tls_options options;
    std::shared_ptr<tls_context> context;
  };

  std::mutex mutex_;
  std::vector<entry> entries_;
};

}  // namespace wsx
