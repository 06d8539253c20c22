// expect: what is sent must be a wsx::text, binary, message, ping, pong, fragment or uncompressed,
// or a string, which is sent as text
#include <wsx/wsx.hpp>

#include <vector>

wsx::action use() {
  return wsx::reply(wsx::uncompressed(std::vector<int>()));
}
