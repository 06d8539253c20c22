#include <wsx/testing/temp_dir.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace fs = std::filesystem;
using wsx::testing::temp_dir;

TEST_SUITE("testing/temp_dir") {
  TEST_CASE("a directory for this user only, which goes with the object") {
    fs::path path;
    {
      const temp_dir dir;
      path = dir.path();
      CHECK(fs::status(path).permissions() == fs::perms::owner_all);
      const auto file = dir.write("ca.pem", "line\nline");
      std::ifstream in{file, std::ios::binary};
      CHECK(std::string{std::istreambuf_iterator<char>{in}, {}} == "line\nline");
      CHECK(file.parent_path() == path);
    }
    CHECK_FALSE(fs::exists(path));
  }

  TEST_CASE("two directories are two") {
    const temp_dir a;
    const temp_dir b;
    CHECK(a.path() != b.path());
  }

  TEST_CASE("a file that cannot be written is an error") {
    const temp_dir dir;
    CHECK_THROWS(dir.write("no/such/dir", "x"));
  }
}
