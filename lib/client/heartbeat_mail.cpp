#include "heartbeat_mail.hpp"

#include "engine.hpp"

#include <asio/awaitable.hpp>

#include <algorithm>
#include <exception>
#include <memory>

namespace wsx::detail {

namespace {

// Posted whenever a heartbeat is due. It posts itself again: a client without a heartbeat holds no
// state for one. A heartbeat belongs to the connection that was open when it was posted, and is not
// sent if the client was suspended since then.
class heartbeat_mail final : public mail {
 public:
  using time_point = deadline::time_point;

  explicit heartbeat_mail(time_point begun) noexcept : begun_(begun) {}

  bool is_async() const noexcept override { return false; }

  void deliver(callback_context& to) override {
    auto& client = static_cast<engine&>(to);
    const link* const open = client.life().open().transport.get();
    if (open != nullptr && open->delivers() && beginning(client) == begun_) beat(client);
    post(client);
  }

  asio::awaitable<void> deliver_async(callback_context&) override { return nothing(); }

  // Posts the next one, which is due a multiple of the interval after the beginning.
  static void post(engine& client) {
    const deadline::duration interval = client.parts().options->heartbeat.interval();
    const time_point begun = beginning(client);
    const auto left = interval - (client.parts().time.now() - begun) % interval;
    client.post_after(left, std::make_unique<heartbeat_mail>(begun));
  }

 private:
  // Returns when the connection opened, or the client was last resumed.
  static time_point beginning(engine& client) noexcept {
    return std::max(client.life().known().since, client.parts().messages.resumed());
  }

  static void beat(engine& client) {
    try {
      client.apply_action(client.parts().options->heartbeat());
    } catch (...) {
      client.failed(std::current_exception());
    }
  }

  time_point begun_;
};

}  // namespace

void start_heartbeat(engine& client) {
  if (client.parts().options->heartbeat) heartbeat_mail::post(client);
}

}  // namespace wsx::detail
