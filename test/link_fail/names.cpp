// What every client makes the linker look for, alone.
#include <wsx/detail/abi.hpp>

int main() {
  wsx::abi::require_same();
}
