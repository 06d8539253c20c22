// expect: the handler has no handle_cast for a message of this type, or it is not public
#include <wsx/wsx.hpp>

class handler {
 public:
  void handle_frame(wsx::text) {}

 protected:
  void handle_cast(int) {}
};

void use(wsx::client<handler>& client) {
  client.cast(1);
}
