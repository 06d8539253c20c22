#pragma once

#include <wsx/export.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace wsx::detail {

// The buffer that all clients of a thread read into, one after the other: an idle client needs
// none. Whoever finds it taken (a callback that runs the event loop) gets one of its own.
class read_lease {
 public:
  WSX_API read_lease();
  WSX_API ~read_lease();
  read_lease(const read_lease&) = delete;
  read_lease& operator=(const read_lease&) = delete;

  std::span<std::byte> room() const noexcept { return room_; }

 private:
  std::unique_ptr<std::byte[]> own_;
  std::span<std::byte> room_;
};

}  // namespace wsx::detail
