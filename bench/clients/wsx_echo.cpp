#include "connecting.hpp"
#include "flight.hpp"
#include "watch.hpp"
#include "wsx_client.hpp"

#include <asio/this_coro.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bench {

namespace {

class player {
 public:
  player(const plan& p, round_trips& done)
      : in_flight_(p.in_flight), payloads_(payloads_of(p)), under_way_(p.in_flight, done) {}

  void handle_connect(const wsx::connection_info&, wsx::session& session) {
    for (std::size_t i = 0; i < in_flight_; ++i) send(session);
  }

  void handle_frame(wsx::binary, wsx::session& session) {
    under_way_.answered();
    send(session);
  }

 private:
  void send(wsx::session& session) {
    under_way_.sent();
    if (++at_ == payloads_.size()) at_ = 0;
    session.send(wsx::binary(payloads_[at_]));
  }

  std::size_t in_flight_;
  std::vector<std::string> payloads_;
  std::size_t at_ = 0;
  flight under_way_;
};

using clients = std::vector<std::unique_ptr<wsx::client<player>>>;

asio::awaitable<void> open(plan p, round_trips& done, clients& all) {
  const auto executor = co_await asio::this_coro::executor;
  all.push_back(std::make_unique<wsx::client<player>>(executor, player(p, done), options_of(p)));
  auto connecting = all.back()->connect(url_of(p));
  co_await std::move(connecting);
}

asio::awaitable<figures> echo(plan p) {
  round_trips done;
  clients all;
  auto connecting = connect_together(p, [&] { return open(p, done, all); });
  co_await std::move(connecting);
  auto watching = watch(p, done);
  co_return co_await std::move(watching);
}

}  // namespace

figures wsx_echo(const plan& p) {
  return run_here(echo(p));
}

}  // namespace bench
