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
namespace loopback {

/// This process's two ends of a TCP connection, by the client's port.
class connection_ends {
 public:
  explicit connection_ends(std::uint16_t client_port) {
    for (const auto& entry : std::filesystem::directory_iterator("/dev/fd")) {
      const int descriptor = std::stoi(entry.path().filename().string());
      if (port_by(&::getpeername, descriptor) == client_port) server_ = descriptor;
      // One that listens, or waits to be reused, has no peer.
      if (port_by(&::getsockname, descriptor) == client_port &&
          port_by(&::getpeername, descriptor) != 0)
        client_ = descriptor;
    }
    if (client_ < 0 || server_ < 0)
      throw std::runtime_error("no connection from port " + std::to_string(client_port));
  }

  /// Makes the kernel keep about twice so many bytes, at most, of what the client has written.
  void set_client_send_buffer(int bytes) const {
    if (::setsockopt(client_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) != 0)
      throw std::runtime_error("the client's send buffer cannot be set");
  }

  /// Whether the server has read all that the kernel took from the client: it was acknowledged,
  /// which is not to wait for company, and is not there any more.
  bool drained() const {
    const int at_once = 1;
    ::setsockopt(server_, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once);
    return count(client_, TIOCOUTQ) == 0 && count(server_, FIONREAD) == 0;
  }

 private:
  template <class Get>
  static std::uint16_t port_by(Get get, int descriptor) {
    asio::ip::tcp::endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    return get(descriptor, endpoint.data(), &size) == 0 ? endpoint.port() : 0;
  }

  static int count(int descriptor, unsigned long what) {
    int bytes = 0;
    if (::ioctl(descriptor, what, &bytes) != 0)
      throw std::runtime_error("the kernel does not say what its buffers hold");
    return bytes;
  }

  int client_ = -1;
  int server_ = -1;
};

}  // namespace loopback
