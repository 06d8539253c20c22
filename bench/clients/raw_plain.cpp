#include "connecting.hpp"
#include "flight.hpp"
#include "raw_connection.hpp"
#include "raw_frames.hpp"
#include "raw_scenarios.hpp"
#include "watch.hpp"

#include <asio/buffer.hpp>
#include <asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace bench::raw::plain {

namespace {

// What all connections of a run have in common.
struct traffic {
  std::string room = std::string(chunk_size, '\0');  // nobody looks at what was read
  double bytes = 0;
  round_trips done{};
};

using traffic_ptr = std::shared_ptr<traffic>;

// These go on until their context is destroyed.

asio::awaitable<void> read_all(connection_ptr c, traffic_ptr all) {
  for (;;) {
    const std::size_t bytes =
        co_await c->socket.async_read_some(asio::buffer(all->room), asio::use_awaitable);
    all->bytes += static_cast<double>(bytes);
  }
}

asio::awaitable<void> write_all(connection_ptr c, traffic_ptr all,
                                std::shared_ptr<const std::string> chunk) {
  for (std::size_t at = 0;;) {
    const auto rest = asio::buffer(*chunk) + at;
    const std::size_t bytes = co_await c->socket.async_write_some(rest, asio::use_awaitable);
    all->bytes += static_cast<double>(bytes);
    at = (at + bytes) % chunk->size();
  }
}

// For each answer another message; those of one read in one write.
asio::awaitable<void> ping_pong(connection_ptr c, traffic_ptr all, plan p) {
  const std::string frame = client_frame(p.size);
  const std::string frames = repeated(frame, p.in_flight);
  const std::size_t answer_size = server_frame_size(p.size);
  flight under_way(p.in_flight, all->done);
  for (std::size_t due = p.in_flight, read = 0;;) {
    for (std::size_t i = 0; i < due; ++i) under_way.sent();
    for (auto rest = asio::buffer(frames, due * frame.size()); rest.size() > 0;)
      rest += co_await c->socket.async_write_some(rest, asio::use_awaitable);
    while (read < answer_size)
      read += co_await c->socket.async_read_some(asio::buffer(all->room), asio::use_awaitable);
    due = read / answer_size;
    read %= answer_size;
    for (std::size_t i = 0; i < due; ++i) under_way.answered();
  }
}

using work_on = std::function<asio::awaitable<void>(connection_ptr)>;

asio::awaitable<void> dial_and_start(dialer& d, const work_on& work) {
  const auto c = co_await d.dial();
  start(c->socket.get_executor(), work(c));
}

asio::awaitable<void> start_all(plan p, work_on work) {
  dialer d(p);
  auto starting = connect_together(p, [&] { return dial_and_start(d, work); });
  co_await std::move(starting);
}

asio::awaitable<figures> measure_bytes(plan p, traffic_ptr all, work_on work,
                                       std::size_t message_size) {
  auto starting = start_all(p, std::move(work));
  co_await std::move(starting);
  message_count messages = [all, message_size] {
    return all->bytes / static_cast<double>(message_size);
  };
  auto watching = watch(p, std::move(messages));
  co_return co_await std::move(watching);
}

asio::awaitable<figures> measure_round_trips(plan p) {
  const auto all = std::make_shared<traffic>();
  work_on work = [&](connection_ptr c) { return ping_pong(std::move(c), all, p); };
  auto starting = start_all(p, std::move(work));
  co_await std::move(starting);
  auto watching = watch(p, all->done);
  co_return co_await std::move(watching);
}

}  // namespace

figures receive(const plan& p) {
  const auto all = std::make_shared<traffic>();
  const work_on work = [&](connection_ptr c) { return read_all(c, all); };
  return run_here(measure_bytes(p, all, work, server_frame_size(p.size)));
}

figures send(const plan& p) {
  const auto all = std::make_shared<traffic>();
  const std::string frame = client_frame(p.size);
  const auto chunk = std::make_shared<const std::string>(filled_chunk(frame));
  const work_on work = [&](connection_ptr c) { return write_all(c, all, chunk); };
  return run_here(measure_bytes(p, all, work, frame.size()));
}

figures echo(const plan& p) {
  return run_here(measure_round_trips(p));
}

}  // namespace bench::raw::plain
