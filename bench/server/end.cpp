#include "end.hpp"

#include <array>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace bench {

namespace {

class signals : public watcher {
 public:
  signals(reactor& events, descriptor fd) : events_(events), fd_(std::move(fd)) {}

  bool ready(std::uint32_t) override {
    events_.stop();
    return true;
  }

 private:
  reactor& events_;
  descriptor fd_;
};

class input : public watcher {
 public:
  explicit input(reactor& events) : events_(events) {}

  bool ready(std::uint32_t) override {
    std::array<char, 256> ignored;
    if (read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) events_.stop();
    return true;
  }

 private:
  reactor& events_;
};

}  // namespace

void stop_at_end(reactor& events) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  checked(sigprocmask(SIG_BLOCK, &set, nullptr), "sigprocmask");
  descriptor fd(checked(signalfd(-1, &set, SFD_CLOEXEC), "signalfd"));
  const int number = fd.get();
  events.add(number, EPOLLIN, std::make_unique<signals>(events, std::move(fd)));
  // A file, or /dev/null, never ends in this sense, and epoll does not take it.
  events.add(STDIN_FILENO, EPOLLIN, std::make_unique<input>(events));
}

}  // namespace bench
