#pragma once

#include <wsx/config.hpp>

#include <memory>

namespace wsx::memory {

/// A value that is allocated when it is first changed.
template <class T>
class lazy {
 public:
  /// Returns the value; a default one if it was never changed.
  const T& operator*() const noexcept {
    static const T unchanged{};
    return value_ ? *value_ : unchanged;
  }
  const T* operator->() const noexcept { return &**this; }

  /// Returns the value to be changed. Throws `std::bad_alloc`.
  T& change() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }

  /// Gives the memory back: the value is a default one again.
  void reset() noexcept { value_.reset(); }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace wsx::memory
