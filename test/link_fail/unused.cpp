// A unit that only includes the headers needs no library.
#include <wsx/detail/abi.hpp>

int main() {}
