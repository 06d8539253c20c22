#include "stream.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace bench {

namespace {

transfer judge(ssize_t result) noexcept {
  if (result >= 0) return {.bytes = static_cast<std::size_t>(result)};
  return {.open = errno == EAGAIN || errno == EINTR};
}

class plain_stream : public stream {
 public:
  explicit plain_stream(descriptor socket) : socket_(std::move(socket)) {}

  transfer read_some(std::span<char> room) override {
    const ssize_t result = recv(socket_.get(), room.data(), room.size(), 0);
    return result == 0 ? transfer{.open = false} : judge(result);
  }

  transfer write_some(std::string_view bytes) override {
    return judge(send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

 private:
  descriptor socket_;
};

}  // namespace

std::unique_ptr<stream> make_plain_stream(descriptor socket) {
  return std::make_unique<plain_stream>(std::move(socket));
}

}  // namespace bench
