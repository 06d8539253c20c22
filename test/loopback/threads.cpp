#include "support.hpp"

#include <wsx/testing/echo_server.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/thread_pool.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <thread>

// What may be called from other threads, called from other threads.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

constexpr int sender_count = 4;
constexpr int message_count = 1000;

// The message with that number of that sender: of all sizes, some larger than the queue.
std::string message(int sender, int number) {
  const auto size = number % 100 == 99 ? 40'000 : number % 100;
  return std::to_string(sender) + ":" + std::to_string(number) + ":" +
         std::string(static_cast<std::size_t>(size), static_cast<char>('a' + sender));
}

// Takes the messages of all senders, and says what is out of order or not whole.
class checker {
 public:
  void take(std::string_view payload) {
    const int from = payload.empty() ? -1 : payload.front() - '0';
    if (from < 0 || from >= sender_count) throw script_error("a message of nobody");
    const int number = next_[static_cast<std::size_t>(from)]++;
    if (payload != message(from, number))
      throw script_error("expected " + message(from, number).substr(0, 20) + ", saw " +
                         std::string(payload.substr(0, 20)));
    ++total_;
  }
  int total() const { return total_; }

 private:
  std::array<int, sender_count> next_{};
  int total_ = 0;
};

// No two callbacks run at the same time.
class one_at_a_time {
 public:
  explicit one_at_a_time(std::atomic<int>& inside) : inside_(inside) {
    if (++inside_ != 1) throw std::logic_error("two callbacks at once");
  }
  ~one_at_a_time() { --inside_; }
  one_at_a_time(const one_at_a_time&) = delete;
  one_at_a_time& operator=(const one_at_a_time&) = delete;

 private:
  std::atomic<int>& inside_;
};

// The last message of a thread.
struct last {
  std::shared_ptr<std::promise<void>> handled;
};

// What the test's threads and the handler share.
struct shared {
  std::atomic<int> inside{0};
  std::atomic<int> casts{0};
  std::atomic<int> infos{0};
  checker echoes{};  // of the strand
  std::promise<void> all_echoed{};
};

struct busy {
  shared* all;

  void handle_frame(wsx::text message) {
    const one_at_a_time alone(all->inside);
    all->echoes.take(message.payload);
    if (all->echoes.total() == sender_count * message_count) all->all_echoed.set_value();
  }
  void handle_cast(int) {
    const one_at_a_time alone(all->inside);
    ++all->casts;
  }
  wsx::action handle_info(int) {
    const one_at_a_time alone(all->inside);
    ++all->infos;
    return wsx::reply(wsx::ping{"from a callback"});
  }
  void handle_info(const last& message) {
    const one_at_a_time alone(all->inside);
    message.handled->set_value();
  }
};

// How many messages the client took.
struct given {
  int casts = 0;
  int infos = 0;
};

// Echoes every message whole and in order; looks at each by itself.
void check_and_echo(server_connection& client) {
  client.accept();
  checker came;
  for (;;) {
    std::string answers;
    for (const auto& frame : client.read_frames()) {
      if (frame.opcode == opcodes::close) {
        client.send_raw(answers);
        client.send_close(1000);
        return;
      }
      if (frame.opcode != opcodes::text) continue;
      came.take(frame.payload);
      answers += encode_server_frame(text_frame(frame.payload));
    }
    client.send_raw(answers);
  }
}

void send_all(wsx::sender sender, int number) {
  for (int i = 0; i < message_count; ++i) {
    const auto payload = message(number, i);
    std::error_code error;
    if (sender.try_send(wsx::text{payload}, error)) continue;
    if (error != wsx::errc::queue_full && error != wsx::errc::message_over_queue)
      throw std::system_error(error);
    sender.send(wsx::text{payload}, asio::use_future).get();
  }
}

// Everything that any thread may do, until the stop; then waits until all of it is handled.
template <class Client>
given disturb(Client& client, const std::atomic<bool>& stop) {
  given taken;
  do {
    if (client.cast(1)) ++taken.casts;
    if (client.post(1)) ++taken.infos;
    client.post_after(std::chrono::hours(1), 1).cancel();
    if (client.stats().connects != 1 || !client.is_open()) throw std::logic_error("not open");
    client.flush(asio::use_future).get();
  } while (!stop);
  const auto handled = std::make_shared<std::promise<void>>();
  while (!client.post(last{handled})) std::this_thread::yield();
  if (handled->get_future().wait_for(std::chrono::seconds(60)) != std::future_status::ready)
    throw std::logic_error("the last message was not handled");
  return taken;
}

// Runs `work` on a thread, and hands on what it throws.
template <class Work>
auto on_thread(Work work) {
  return std::async(std::launch::async, std::move(work));
}

// The senders and the others at work with a client that is open.
template <class Client>
void work_from_all_sides(Client& client, shared& all) {
  std::atomic<bool> stop{false};
  auto disturbing = on_thread([&] { return disturb(client, stop); });
  std::vector<std::future<void>> sending;
  for (int i = 0; i < sender_count; ++i) {
    sending.push_back(on_thread([i, s = std::make_shared<wsx::sender>(client.make_sender())] {
      send_all(std::move(*s), i);
    }));
  }
  for (auto& thread : sending) thread.get();
  const auto echoed = all.all_echoed.get_future().wait_for(std::chrono::seconds(120));
  stop = true;
  const auto taken = disturbing.get();
  REQUIRE(echoed == std::future_status::ready);

  auto joined = client.join(asio::use_future);
  auto closed = client.close(wsx::close_code::normal, "", asio::use_future);
  closed.get();
  CHECK(joined.get().normal());
  CHECK(all.echoes.total() == sender_count * message_count);
  // Nothing is lost.
  CHECK(all.casts == taken.casts);
  CHECK(all.infos == taken.infos);
  CHECK(taken.casts > 0);
  CHECK(taken.infos > 0);
}

wsx::options small_queues() {
  auto options = calm();
  options.send_queue_size = 16 * 1024;
  return options;
}

// What an operation completes with, without an exception: what reference counts those have inside
// the standard library, a thread sanitizer does not see.
template <class Start>
std::error_code error_of(Start start) {
  const auto done = std::make_shared<std::promise<std::error_code>>();
  start([done](std::error_code error, const auto&...) { done->set_value(error); });
  return done->get_future().get();
}

}  // namespace

TEST_SUITE("loopback/threads") {
  TEST_CASE("senders of four threads: every message whole, and in its sender's order") {
    scripted_server server{check_and_echo, {.timeout = std::chrono::seconds(60)}};
    shared all;
    asio::io_context io;
    std::thread runs;
    {
      wsx::client<busy> client{io.get_executor(), {&all}, small_queues()};
      auto connected = client.connect(server.url(), asio::use_future);
      runs = std::thread([&] { io.run(); });
      connected.get();
      work_from_all_sides(client, all);
    }
    runs.join();
    server.wait();
  }

  TEST_CASE("over TLS, on a pool of threads: callbacks run one at a time") {
    const auto ca = make_ca();
    scripted_server server{
        check_and_echo, {.tls = make_server_certificate(ca), .timeout = std::chrono::seconds(60)}};
    shared all;
    asio::thread_pool pool{4};
    {
      auto options = small_queues();
      options.tls.ca_pem = ca.certificate_pem;
      wsx::client<busy> client{pool.get_executor(), {&all}, options};
      client.connect(server.url(), asio::use_future).get();
      work_from_all_sides(client, all);
    }
    pool.join();
    server.wait();
  }

  TEST_CASE("an io_context that several threads run, several clients") {
    scripted_server server{echo_script()};
    asio::io_context io;
    auto work = asio::make_work_guard(io);
    std::vector<std::thread> runners;
    for (int i = 0; i < 3; ++i) runners.emplace_back([&] { io.run(); });

    struct counting {
      std::atomic<int>* count;
      wsx::action handle_frame(wsx::text message) {
        if (++*count % 200 == 0) return wsx::close();
        return wsx::reply(message);
      }
    };
    std::array<std::atomic<int>, 4> counts{};
    {
      std::vector<std::unique_ptr<wsx::client<counting>>> clients;
      for (auto& count : counts) {
        clients.push_back(
            std::make_unique<wsx::client<counting>>(io.get_executor(), counting{&count}, calm()));
        clients.back()->connect(server.url(), asio::use_future).get();
        CHECK(clients.back()->try_send(wsx::text{"ball"}));
      }
      for (auto& client : clients) CHECK(client->join(asio::use_future).get().normal());
    }
    for (const auto& count : counts) CHECK(count == 200);
    work.reset();
    for (auto& runner : runners) runner.join();
    server.wait(counts.size());
  }

  TEST_CASE("close from several threads at once: all of them complete") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.expect_close(4000, "all of us");
      client.send_close(4000);
      client.close();
    }};
    asio::thread_pool pool{2};
    {
      wsx::client<recorder> client{pool.get_executor(), recorder(), calm()};
      client.connect(server.url(), asio::use_future).get();
      std::vector<std::future<std::error_code>> closing;
      for (int i = 0; i < 4; ++i) {
        closing.push_back(std::async(std::launch::async, [&client] {
          return error_of([&client](auto token) {
            client.close(wsx::close_code{4000}, "all of us", std::move(token));
          });
        }));
      }
      for (auto& one : closing) {
        // Not connected: it came too late, the client has ended.
        const auto error = one.get();
        CHECK((!error || error == wsx::errc::not_connected));
      }
      const auto join = [&client](auto token) { client.join(std::move(token)); };
      CHECK(error_of(join) == wsx::errc::closed_abnormally);
    }
    pool.join();
    server.wait();
  }

  TEST_CASE("a client may be destroyed while its threads are at work") {
    for (int i = 0; i < 20; ++i) {
      scripted_server server{echo_script()};
      asio::thread_pool pool{2};
      std::atomic<int> count{0};
      struct endless {
        std::atomic<int>* count;
        wsx::action handle_frame(wsx::text message) {
          ++*count;
          return wsx::reply(message);
        }
      };
      std::optional<wsx::client<endless>> client;
      client.emplace(pool.get_executor(), endless{&count}, calm());
      client->connect(server.url(), asio::use_future).get();
      auto sender = client->make_sender();
      client->try_send(wsx::text{"ball"});
      while (count < 10) std::this_thread::yield();
      client.reset();
      std::error_code error;
      while (sender.try_send(wsx::text{"late"}, error)) std::this_thread::yield();
      CHECK(error != std::error_code());
      pool.join();
    }
  }
}
