#include "listener.hpp"

#include "connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace bench {

namespace {

constexpr int backlog = 4096;

class listener : public watcher {
 public:
  listener(reactor& events, descriptor socket, make_stream make)
      : events_(events), socket_(std::move(socket)), make_(std::move(make)) {}

  // All who wait: between two calls, every connection that blasts has its turn.
  bool ready(std::uint32_t) override {
    for (;;) {
      const int fd = accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return true;
      serve(descriptor(fd));
    }
  }

 private:
  void serve(descriptor accepted) {
    const int fd = accepted.get();
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (auto peer = make_(std::move(accepted)))
      events_.add(fd, EPOLLIN, std::make_unique<connection>(events_, fd, std::move(peer)));
  }

  reactor& events_;
  descriptor socket_;
  make_stream make_;
};

std::uint16_t port_of(const descriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  checked(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

}  // namespace

std::uint16_t listen(reactor& events, make_stream make) {
  descriptor socket(
      checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_in any_port{};
  any_port.sin_family = AF_INET;
  any_port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(bind(socket.get(), reinterpret_cast<sockaddr*>(&any_port), sizeof(any_port)), "bind");
  checked(::listen(socket.get(), backlog), "listen");
  const auto port = port_of(socket);
  const int fd = socket.get();
  events.add(fd, EPOLLIN, std::make_unique<listener>(events, std::move(socket), std::move(make)));
  return port;
}

}  // namespace bench
