#pragma once

#include <wsx/config.hpp>

#include <filesystem>
#include <string_view>

namespace wsx::testing {

/// A new directory for temporary files that only this user may read. The destructor removes it with
/// its contents.
class temp_dir {
 public:
  temp_dir();
  ~temp_dir();
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

  /// Writes a file into the directory, such as the PEM of a CA, and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

}  // namespace wsx::testing
