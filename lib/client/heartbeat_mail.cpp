#include "heartbeat_mail.hpp"

#include "engine.hpp"

#include <asio/awaitable.hpp>

#include <exception>
#include <memory>

namespace wsx::detail {

namespace {

// Posted whenever a heartbeat is due. It posts itself again: a client without a heartbeat holds no
// state for one. A heartbeat belongs to the connection that was open when it was posted.
class heartbeat_mail final : public mail {
 public:
  using time_point = deadline::time_point;

  explicit heartbeat_mail(time_point opened) noexcept : opened_(opened) {}

  bool is_async() const noexcept override { return false; }

  void deliver(callback_context& to) override {
    auto& client = static_cast<engine&>(to);
    const link* const open = client.life().open().transport.get();
    if (open != nullptr && open->delivers() && client.life().known().since == opened_) beat(client);
    post(client);
  }

  asio::awaitable<void> deliver_async(callback_context&) override { return nothing(); }

  // Posts the next one, which is due a multiple of the interval after the connection opened.
  static void post(engine& client) {
    const deadline::duration interval = client.parts().options->heartbeat.interval();
    const time_point opened = client.life().known().since;
    const auto left = interval - (client.parts().time.now() - opened) % interval;
    client.post_after(left, std::make_unique<heartbeat_mail>(opened));
  }

 private:
  static void beat(engine& client) {
    try {
      client.apply_action(client.parts().options->heartbeat());
    } catch (...) {
      client.failed(std::current_exception());
    }
  }

  time_point opened_;
};

}  // namespace

void start_heartbeat(engine& client) {
  if (client.parts().options->heartbeat) heartbeat_mail::post(client);
}

}  // namespace wsx::detail
