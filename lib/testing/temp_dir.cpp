#include <wsx/testing/temp_dir.hpp>

#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>

namespace wsx::testing {

namespace fs = std::filesystem;

temp_dir::temp_dir() {
  std::random_device random;
  do {
    path_ = fs::temp_directory_path() /
            ("wsx-" + std::to_string(random()) + "-" + std::to_string(random()));
  } while (!fs::create_directory(path_));
  fs::permissions(path_, fs::perms::owner_all);
}

temp_dir::~temp_dir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path temp_dir::write(std::string_view name, std::string_view content) const {
  auto file = path_ / name;
  std::ofstream out{file, std::ios::binary};
  out << content;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
  return file;
}

}  // namespace wsx::testing
