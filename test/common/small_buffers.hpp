#pragma once

#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <filesystem>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>

// A kernel that takes little at a time, so that a client is always in the middle of writing. The
// server's half of it is `server_options::receive_buffer`. The client has no option for its own:
// its socket is looked for among this process's descriptors, which needs no rights, unlike a
// network namespace with limits of its own.
namespace common_test {

/// A socket of this process: the one with that port at its own end, or at the other end.
class socket_at {
 public:
  enum end { own, other };

  socket_at(std::uint16_t port, end which) {
    for (const auto& entry : std::filesystem::directory_iterator("/dev/fd")) {
      const int descriptor = std::stoi(entry.path().filename().string());
      const auto peer = port_by(&::getpeername, descriptor);
      if (peer == 0) continue;  // it listens, or is no socket
      if ((which == own ? port_by(&::getsockname, descriptor) : peer) == port)
        descriptor_ = descriptor;
    }
    if (descriptor_ < 0) throw std::runtime_error("no connection by port " + std::to_string(port));
  }

  void set(int level, int option, int value) const {
    if (::setsockopt(descriptor_, level, option, &value, sizeof value) != 0)
      throw std::runtime_error("a socket option cannot be set");
  }

  int get(int level, int option) const {
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(descriptor_, level, option, &value, &size) != 0)
      throw std::runtime_error("a socket option cannot be read");
    return value;
  }

  /// What `TIOCOUTQ` and `FIONREAD` count.
  int bytes(unsigned long where) const {
    int count = 0;
    if (::ioctl(descriptor_, where, &count) != 0)
      throw std::runtime_error("the kernel does not say what its buffers hold");
    return count;
  }

 private:
  template <class Get>
  static std::uint16_t port_by(Get get, int descriptor) {
    asio::ip::tcp::endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    return get(descriptor, endpoint.data(), &size) == 0 ? endpoint.port() : 0;
  }

  int descriptor_ = -1;
};

/// Makes the kernel keep at most about twice `bytes` of what the client with that port has written.
inline void set_send_buffer(std::uint16_t client_port, int bytes) {
  socket_at(client_port, socket_at::own).set(SOL_SOCKET, SO_SNDBUF, bytes);
}

/// A connection within this process, by the client's port.
class connection_ends {
 public:
  explicit connection_ends(std::uint16_t client_port)
      : client_(client_port, socket_at::own), server_(client_port, socket_at::other) {}

  /// Whether the server has read all that the kernel took from the client: all of it was
  /// acknowledged, at once and not with a delay, and none is left to be read.
  bool drained() const {
    server_.set(IPPROTO_TCP, TCP_QUICKACK, 1);
    return client_.bytes(TIOCOUTQ) == 0 && server_.bytes(FIONREAD) == 0;
  }

 private:
  socket_at client_;
  socket_at server_;
};

}  // namespace common_test
