#pragma once

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <net/if.h>
#include <optional>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace name_server_test {

/// Brings the loopback device of a new network up.
inline void bring_loopback_up() {
  const int any = ::socket(AF_INET, SOCK_DGRAM, 0);
  REQUIRE(any >= 0);
  ifreq device{};
  std::strcpy(device.ifr_name, "lo");
  REQUIRE(::ioctl(any, SIOCGIFFLAGS, &device) == 0);
  device.ifr_flags = static_cast<short>(device.ifr_flags | IFF_UP);
  REQUIRE(::ioctl(any, SIOCSIFFLAGS, &device) == 0);
  ::close(any);
}

/// The name server of this network. It knows `v4.test` and `v6.test`, which have one address,
/// `both.test`, and `many.test`. It never answers for `silent.test`. No other name exists.
class name_server {
 public:
  name_server() {
    bring_loopback_up();
    socket_.open(asio::ip::udp::v4());
    socket_.bind({asio::ip::address_v4::loopback(), 53});
    thread_ = std::thread([this] { serve(); });
  }
  ~name_server() {
    std::error_code ignored;
    socket_.shutdown(asio::ip::udp::socket::shutdown_receive, ignored);  // wakes the thread
    thread_.join();
  }
  name_server(const name_server&) = delete;
  name_server& operator=(const name_server&) = delete;

  /// How many questions about silent names have come.
  int unanswered() const { return unanswered_; }

 private:
  using bytes = std::string;

  enum : std::uint16_t { type_a = 1, type_aaaa = 28 };

  void serve() {
    std::array<char, 512> room;
    for (;;) {
      asio::ip::udp::endpoint from;
      std::error_code error;
      const auto size = socket_.receive_from(asio::buffer(room), from, 0, error);
      if (error || size == 0) break;
      const auto answer = reply(bytes(room.data(), size));
      if (answer) socket_.send_to(asio::buffer(*answer), from, 0, error);
    }
  }

  static std::string name_in(const bytes& query, std::size_t& at) {
    std::string name;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<std::size_t>(query[at]);
      if (!name.empty()) name += '.';
      name += query.substr(at + 1, length);
      at += 1 + length;
    }
    ++at;
    return name;
  }

  std::optional<bytes> reply(const bytes& query) {
    std::size_t end = 12;
    std::string name = name_in(query, end);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto type = static_cast<std::uint16_t>(query.at(end + 1));
    end += 4;
    if (name == "silent.test") {
      ++unanswered_;
      return std::nullopt;
    }
    std::vector<bytes> found;
    const bool known =
        name == "v4.test" || name == "v6.test" || name == "both.test" || name == "many.test";
    if (type == type_a && known && name != "v6.test") found.push_back({127, 0, 0, 1});
    if (type == type_aaaa && (name == "v6.test" || name == "both.test"))
      found.push_back(bytes(15, '\0') + '\1');
    for (int i = 0; type == type_a && name == "many.test" && i < 20; ++i)
      found.push_back({127, 0, 1, static_cast<char>(i)});
    bytes answer = query.substr(0, 2) + '\x81' + static_cast<char>(known ? 0x80 : 0x83);
    answer += {0, 1, 0, static_cast<char>(found.size()), 0, 0, 0, 0};
    answer += query.substr(12, end - 12);
    for (const bytes& address : found) {
      answer += {'\xc0', 12, 0, static_cast<char>(type), 0, 1, 0, 0, 0, 60, 0};
      answer += static_cast<char>(address.size()) + address;
    }
    return answer;
  }

  asio::io_context io_;
  asio::ip::udp::socket socket_{io_};
  std::atomic<int> unanswered_{0};
  std::thread thread_;
};

}  // namespace name_server_test
