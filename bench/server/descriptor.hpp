#pragma once

#include <unistd.h>
#include <utility>

namespace bench {

/// An open file descriptor, closed by its owner's end.
class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// Throws `std::system_error` with `errno` if `result`, of a system call, is negative.
int checked(int result, const char* call);

}  // namespace bench
