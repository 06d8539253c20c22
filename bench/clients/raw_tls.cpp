#include "flight.hpp"
#include "program.hpp"
#include "raw_connection.hpp"
#include "raw_frames.hpp"
#include "raw_scenarios.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

namespace bench::raw::tls {

namespace {

// A connection whose reads and writes block.
class blocking_connection {
 public:
  explicit blocking_connection(const plan& p) : dialer_(p) {
    if (p.connections != 1) throw unsupported("a loop that blocks serves one connection");
    auto dialed = asio::co_spawn(context_, dialer_.dial(), asio::use_future);
    context_.run();
    connection_ = dialed.get();
    connection_->socket.native_non_blocking(false);
  }

  /// What OpenSSL gives at a time: a record.
  std::size_t read_some() {
    std::size_t bytes = 0;
    check_openssl(SSL_read_ex(connection_->ssl.get(), room_.data(), room_.size(), &bytes) == 1,
                  "SSL_read");
    return bytes;
  }

  void write(const std::string& bytes, std::size_t size) {
    std::size_t written = 0;
    check_openssl(SSL_write_ex(connection_->ssl.get(), bytes.data(), size, &written) == 1,
                  "SSL_write");
  }

 private:
  asio::io_context context_{1};
  dialer dialer_;
  connection_ptr connection_;
  std::string room_ = std::string(chunk_size, '\0');
};

void repeat(seconds time, const std::function<void()>& step) {
  using clock = std::chrono::steady_clock;
  const auto end = clock::now() + time;
  do step();
  while (clock::now() < end);
}

figures measure_bytes(const plan& p, std::size_t message_size,
                      const std::function<std::size_t()>& move_some) {
  double bytes = 0;
  const auto step = [&] { bytes += static_cast<double>(move_some()); };
  repeat(p.warm_up, step);
  bytes = 0;
  const meter measured;
  repeat(p.window, step);
  return measured.read(bytes / static_cast<double>(message_size));
}

}  // namespace

figures receive(const plan& p) {
  blocking_connection c(p);
  return measure_bytes(p, server_frame_size(p.size), [&] { return c.read_some(); });
}

figures send(const plan& p) {
  blocking_connection c(p);
  const std::string frame = client_frame(p.size);
  const std::string chunk = filled_chunk(frame);
  return measure_bytes(p, frame.size(), [&] {
    c.write(chunk, chunk.size());
    return chunk.size();
  });
}

figures echo(const plan& p) {
  blocking_connection c(p);
  const std::string frame = client_frame(p.size);
  const std::string frames = repeated(frame, p.in_flight);
  const std::size_t answer_size = server_frame_size(p.size);
  round_trips done;
  flight under_way(p.in_flight, done);
  std::size_t due = p.in_flight;
  std::size_t read = 0;
  const auto step = [&] {
    for (std::size_t i = 0; i < due; ++i) under_way.sent();
    c.write(frames, due * frame.size());
    while (read < answer_size) read += c.read_some();
    due = read / answer_size;
    read %= answer_size;
    for (std::size_t i = 0; i < due; ++i) under_way.answered();
  };
  repeat(p.warm_up, step);
  done.clear();
  const meter measured;
  repeat(p.window, step);
  figures f = measured.read(static_cast<double>(done.size()));
  set_percentiles(f, done);
  return f;
}

}  // namespace bench::raw::tls
