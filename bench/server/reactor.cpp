#include "reactor.hpp"

#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <system_error>
#include <utility>

namespace bench {

namespace {

epoll_event interest(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return event;
}

}  // namespace

int checked(int result, const char* call) {
  if (result < 0) throw std::system_error(errno, std::system_category(), call);
  return result;
}

reactor::reactor() : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

bool reactor::add(int fd, std::uint32_t events, std::unique_ptr<watcher> who) {
  auto event = interest(fd, events);
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  const auto index = static_cast<std::size_t>(fd);
  if (watchers_.size() <= index) watchers_.resize(index + 1);
  watchers_[index] = std::move(who);
  return true;
}

void reactor::change(int fd, std::uint32_t events) {
  auto event = interest(fd, events);
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event), "epoll_ctl");
}

void reactor::run() {
  std::array<epoll_event, 256> events;
  while (!stopped_) {
    const int count = epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    if (count < 0 && errno == EINTR) continue;
    checked(count, "epoll_wait");
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      const auto index = static_cast<std::size_t>(event.data.fd);
      if (!watchers_[index]->ready(event.events)) watchers_[index].reset();
    }
  }
}

}  // namespace bench
