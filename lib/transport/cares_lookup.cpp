#include "cares_lookup.hpp"

#ifdef WSX_HAS_CARES

// What newer versions deprecate works with all.
#define CARES_NO_DEPRECATED
#include <asio/error.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <ares.h>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <new>
#include <sys/time.h>
#include <utility>

namespace wsx {

namespace {

using asio::ip::tcp;

struct free_addresses {
  void operator()(ares_addrinfo* all) const noexcept { ares_freeaddrinfo(all); }
};

std::error_code error_of(int status) noexcept {
  switch (status) {
    case ARES_SUCCESS: return {};
    case ARES_ENOTFOUND:
    case ARES_EBADNAME: return asio::error::host_not_found;
    case ARES_ENODATA: return asio::error::no_data;
    case ARES_ECONNREFUSED:
    case ARES_ETIMEOUT: return asio::error::host_not_found_try_again;
    default: return asio::error::no_recovery;
  }
}

// Copied, since nothing says how the address is aligned.
void add_address(const ares_addrinfo_node& node, std::uint16_t port, lookup_result& to) {
  if (node.ai_family == AF_INET) {
    sockaddr_in from;
    std::memcpy(&from, node.ai_addr, sizeof from);
    to.found.emplace_back(asio::ip::address_v4(ntohl(from.sin_addr.s_addr)), port);
  } else if (node.ai_family == AF_INET6) {
    sockaddr_in6 from;
    std::memcpy(&from, node.ai_addr, sizeof from);
    asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &from.sin6_addr, bytes.size());
    to.found.emplace_back(asio::ip::address_v6(bytes, from.sin6_scope_id), port);
  }
}

// One of c-ares' sockets, which it opens and closes itself.
struct watched_socket {
  watched_socket(const asio::any_io_executor& executor, ares_socket_t s)
      : socket(s), descriptor(executor, s) {}
  ~watched_socket() { release(); }
  watched_socket(const watched_socket&) = delete;
  watched_socket& operator=(const watched_socket&) = delete;

  void release() noexcept {
    if (descriptor.is_open()) descriptor.release();
  }

  bool& wanted(bool to_write) noexcept { return wanted_[to_write ? 1 : 0]; }
  bool& waiting(bool to_write) noexcept { return waiting_[to_write ? 1 : 0]; }

  const ares_socket_t socket;
  asio::posix::stream_descriptor descriptor;

 private:
  bool wanted_[2] = {false, false};
  bool waiting_[2] = {false, false};
};

// A channel for each lookup: it is made of the configuration as it is now, shares nothing with
// other threads, and ends with the lookup.
class cares_lookup final : public lookup, public std::enable_shared_from_this<cares_lookup> {
 public:
  cares_lookup(const strand& s, std::string host, std::uint16_t port)
      : lookup(s), host_(std::move(host)), port_(port), due_(s.get_inner_executor()) {}
  ~cares_lookup() override { end(); }

  void begin() override;

 private:
  using socket_list = std::vector<std::shared_ptr<watched_socket>>;

  void stop() noexcept override { end(); }
  void watch(ares_socket_t socket, bool reads, bool writes);
  void answer(int status, ares_addrinfo* all) noexcept;
  void process(ares_socket_t readable, ares_socket_t writable);
  void go_on();
  void wait_for(const std::shared_ptr<watched_socket>& s, bool to_write);
  void wait_until_due();
  void end() noexcept;

  const std::string host_;
  const std::uint16_t port_;
  ares_channel channel_ = nullptr;  // null: not begun, or over
  socket_list sockets_{};
  asio::steady_timer due_;
  std::optional<lookup_result> answer_{};
  std::exception_ptr failure_{};  // of a function that c-ares has called
};

void cares_lookup::begin() {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  ares_options options{};
  options.sock_state_cb = [](void* self, ares_socket_t socket, int reads, int writes) {
    static_cast<cares_lookup*>(self)->watch(socket, reads != 0, writes != 0);
  };
  options.sock_state_cb_data = this;
  const int status = library != ARES_SUCCESS
                         ? library
                         : ares_init_options(&channel_, &options, ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) {
    channel_ = nullptr;
    answer(status, nullptr);
    return go_on();
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const auto ended = [](void* self, int result, int, ares_addrinfo* all) {
    static_cast<cares_lookup*>(self)->answer(result, all);
  };
  ares_getaddrinfo(channel_, host_.c_str(), nullptr, &hints, ended, this);
  go_on();
}

// Called by c-ares, which knows no exceptions.
void cares_lookup::watch(ares_socket_t socket, bool reads, bool writes) {
  const auto known =
      std::ranges::find(sockets_, socket, [](const auto& each) { return each->socket; });
  if (!reads && !writes) {  // it is about to be closed
    if (known == sockets_.end()) return;
    (*known)->release();
    sockets_.erase(known);
    return;
  }
  try {
    const auto& s = known != sockets_.end()
                        ? *known
                        : sockets_.emplace_back(std::make_shared<watched_socket>(
                              serial.get_inner_executor(), socket));
    s->wanted(false) = reads;
    s->wanted(true) = writes;
  } catch (...) {
    failure_ = std::current_exception();
  }
}

// Called by c-ares, also when its channel is destroyed.
void cares_lookup::answer(int status, ares_addrinfo* all) noexcept {
  const std::unique_ptr<ares_addrinfo, free_addresses> owned(all);
  if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) return;
  try {
    if (status == ARES_ENOMEM) throw std::bad_alloc();
    lookup_result& result = answer_.emplace();
    result.error = error_of(status);
    for (const auto* node = all != nullptr ? all->nodes : nullptr; node; node = node->ai_next)
      add_address(*node, port_, result);
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void cares_lookup::process(ares_socket_t readable, ares_socket_t writable) {
  if (channel_ == nullptr) return;
  ares_process_fd(channel_, readable, writable);
  go_on();
}

// After each call of c-ares: it has an answer, or waits for something.
void cares_lookup::go_on() {
  if (failure_) {
    answer_.emplace();
    answer_->exception = failure_;
  }
  if (answer_) {
    end();
    return finish(*std::move(answer_));
  }
  const socket_list now = sockets_;
  for (const auto& each : now) {
    wait_for(each, false);
    wait_for(each, true);
  }
  wait_until_due();
}

void cares_lookup::wait_for(const std::shared_ptr<watched_socket>& s, bool to_write) {
  if (!s->wanted(to_write) || s->waiting(to_write)) return;
  s->waiting(to_write) = true;
  auto ready = [self = shared_from_this(), s, to_write](std::error_code error) {
    s->waiting(to_write) = false;
    if (error || !s->descriptor.is_open()) return;
    self->process(to_write ? ARES_SOCKET_BAD : s->socket, to_write ? s->socket : ARES_SOCKET_BAD);
  };
  s->descriptor.async_wait(to_write ? asio::posix::stream_descriptor::wait_write
                                    : asio::posix::stream_descriptor::wait_read,
                           on_strand(serial, std::move(ready)));
}

void cares_lookup::wait_until_due() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return;
  due_.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  auto expired = [self = shared_from_this()](std::error_code) {
    self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  };
  due_.async_wait(when_due(serial, std::move(expired)));
}

// Not from within a call of c-ares.
void cares_lookup::end() noexcept {
  if (ares_channel ended = std::exchange(channel_, nullptr)) ares_destroy(ended);
  sockets_.clear();
  due_.cancel();
}

}  // namespace

std::shared_ptr<lookup> make_cares_lookup(const strand& s, std::string host, std::uint16_t port) {
  return std::make_shared<cares_lookup>(s, std::move(host), port);
}

}  // namespace wsx

#endif
