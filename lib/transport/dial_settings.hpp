#pragma once

#include <wsx/dial_options.hpp>
#include <wsx/transport/transport.hpp>

namespace wsx {

/// Returns how to dial; without settings, by the defaults.
inline const dial_options& options_of(const transport_settings* settings) {
  static const dial_options defaults;
  return settings != nullptr && settings->dial ? *settings->dial : defaults;
}

}  // namespace wsx
