#include "suspension.hpp"

#include "engine.hpp"
#include "system_requests.hpp"

#include <wsx/error.hpp>
#include <wsx/event.hpp>

#include <memory>
#include <utility>

namespace wsx::detail {

namespace {

class suspend_request final : public system_request {
 public:
  suspend_request(engine& client, completion<std::error_code> done)
      : client_(client), done_(std::move(done)) {}
  void run() override { done_(suspension(client_).begin()); }
  void fail(std::error_code why) override { done_(why); }

 private:
  engine& client_;
  completion<std::error_code> done_;
};

class resume_request final : public system_request {
 public:
  resume_request(engine& client, completion<std::error_code> done)
      : client_(client), done_(std::move(done)) {}
  void run() override {
    done_({});  // before callbacks that may begin at once
    suspension(client_).end();
  }
  void fail(std::error_code why) override { done_(why); }

 private:
  engine& client_;
  completion<std::error_code> done_;
};

template <class Request>
void ask_for(engine& client, ticket t, completion<std::error_code> done) {
  operation_memory* const memory = done.memory();
  system_requests(client).ask(t, std::make_unique<Request>(client, std::move(done)), memory);
}

}  // namespace

std::error_code suspension::begin() {
  if (client_.stopped()) return errc::aborted;
  if (client_.state().ended()) return errc::not_connected;
  if (client_.life().known().closes) return errc::closing;
  if (client_.suspended()) return {};
  client_.set_suspended(true);
  client_.parts().events.tell(client_, event::suspended());
  return {};
}

void suspension::end() {
  if (!client_.suspended()) return;
  lift();
  const auto now = client_.parts().time.now();
  client_.parts().messages.set_resumed(now);
  for (link* const open : client_.life().open().links()) {
    if (open != nullptr) open->connection().restart_liveness(now);
  }
  client_.life().wake();
}

void suspension::lift() {
  if (!client_.suspended()) return;
  client_.set_suspended(false);
  client_.parts().events.tell(client_, event::resumed());
}

asio::awaitable<void> wait_for_resume(async_event& news, const callback_context& client,
                                      const bool& canceled) {
  while (client.suspended() && !client.stopped() && !canceled) {
    if (!news.take_notification()) co_await news.wait();
  }
}

void engine_ref::suspend(ticket t, completion<std::error_code> done) const {
  ask_for<suspend_request>(*engine_, t, std::move(done));
}

void engine_ref::resume(ticket t, completion<std::error_code> done) const {
  ask_for<resume_request>(*engine_, t, std::move(done));
}

}  // namespace wsx::detail
