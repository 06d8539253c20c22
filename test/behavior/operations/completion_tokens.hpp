#pragma once

#include "../support.hpp"

#include <asio/version.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

// Completion tokens that were experimental in Asio once: where this version has them.
#if __has_include(<asio/as_tuple.hpp>)
#include <asio/as_tuple.hpp>
#else
#include <asio/experimental/as_tuple.hpp>
#endif
#if __has_include(<asio/deferred.hpp>)
#include <asio/deferred.hpp>
#else
#include <asio/experimental/deferred.hpp>
#endif
#if __has_include(<asio/cancel_after.hpp>)
#include <asio/cancel_after.hpp>
#define WSX_HAS_CANCEL_AFTER
#endif

namespace behavior_test {

#if __has_include(<asio/as_tuple.hpp>)
using asio::as_tuple;
#else
using asio::experimental::as_tuple;
#endif
#if __has_include(<asio/deferred.hpp>)
using asio::deferred;
#else
using asio::experimental::deferred;
#endif

// Memory that is counted.
struct counted_memory {
  int blocks = 0;     // that are held
  int allocated = 0;  // ever

  template <class T>
  struct allocator {
    using value_type = T;

    counted_memory* from;

    explicit allocator(counted_memory& memory) noexcept : from(&memory) {}
    template <class Other>
    allocator(const allocator<Other>& other) noexcept : from(other.from) {}  // NOLINT: converts

    T* allocate(std::size_t count) {
      ++from->blocks;
      ++from->allocated;
      return std::allocator<T>().allocate(count);
    }
    void deallocate(T* place, std::size_t count) noexcept {
      --from->blocks;
      std::allocator<T>().deallocate(place, count);
    }
    friend bool operator==(allocator, allocator) = default;
  };
};

// A handler with an associated allocator, as `asio::bind_allocator` makes it since Asio 1.24.
template <class Handler>
struct allocating {
  using allocator_type = counted_memory::allocator<std::byte>;

  counted_memory& memory;
  Handler handler;

  allocator_type get_allocator() const noexcept { return allocator_type(memory); }

  template <class... Args>
  void operator()(Args&&... args) {
    handler(std::forward<Args>(args)...);
  }
};

template <class Handler>
allocating<Handler> allocate_from(counted_memory& memory, Handler handler) {
  return {memory, std::move(handler)};
}

// What an operation completed with, whatever its signature.
inline auto told(outcome& o) {
  return [&o](std::error_code e, const auto&... reason) {
    ++o.calls;
    o.error = e;
    ((o.reason = reason), ...);
  };
}

// A client in which an operation is going to wait.
struct operation_fixture : client_fixture<quiet> {
  operation_fixture() : client_fixture({}, small_queue()) {}

  std::optional<memory_peer> peer;
  std::optional<wsx::sender> sender;
  wsx::diagnostics details;

  static wsx::options small_queue() {
    auto o = calm();
    o.send_queue_size = 256;
    return o;
  }

  static wsx::text frame() {
    static const std::string payload(200, 'x');
    return {payload};
  }

  void open() { peer = client_fixture::open(); }

  // Nothing is written any more.
  void block() {
    peer->allow_write(0);
    poll(io);
  }

  void unblock() { peer->allow_write(memory_peer::unlimited); }

  void accept() {
    if (!peer) peer = server.next();
    REQUIRE(peer);
    peer->accept();
  }

  // The server's part of a close.
  void end() {
    peer->write(wsx::testing::close_frame(1000));
    peer->close();
  }
};

// The operations of a client: `reach` brings it to where the operation has to wait, `finish` makes
// the operation complete, without an error.
struct connecting {
  static constexpr const char* name = "connect";
  static void reach(operation_fixture&) {}
  template <class... Token>
  static auto start(operation_fixture& f, Token&&... token) {
    return f.client->connect(f.server.url(), std::forward<Token>(token)...);
  }
  static void finish(operation_fixture& f) { f.accept(); }
};

struct connecting_with_details : connecting {
  static constexpr const char* name = "connect, with diagnostics";
  template <class Token>
  static auto start(operation_fixture& f, Token&& token) {
    return f.client->connect(f.server.url(), f.details, std::forward<Token>(token));
  }
};

struct sending {
  static constexpr const char* name = "send";
  static void reach(operation_fixture& f) {
    f.open();
    f.block();
    REQUIRE(f.client->try_send(operation_fixture::frame()));
    poll(f.io);
  }
  template <class... Token>
  static auto start(operation_fixture& f, Token&&... token) {
    return f.client->send(operation_fixture::frame(), std::forward<Token>(token)...);
  }
  static void finish(operation_fixture& f) { f.unblock(); }
};

struct sending_elsewhere : sending {
  static constexpr const char* name = "send, of a sender";
  static void reach(operation_fixture& f) {
    f.open();
    f.block();
    f.sender = f.client->make_sender();
    REQUIRE(f.sender->try_send(operation_fixture::frame()));
    poll(f.io);
  }
  template <class... Token>
  static auto start(operation_fixture& f, Token&&... token) {
    return f.sender->send(operation_fixture::frame(), std::forward<Token>(token)...);
  }
};

struct flushing {
  static constexpr const char* name = "flush";
  static void reach(operation_fixture& f) { sending::reach(f); }
  template <class... Token>
  static auto start(operation_fixture& f, Token&&... token) {
    return f.client->flush(std::forward<Token>(token)...);
  }
  static void finish(operation_fixture& f) { f.unblock(); }
};

struct closing {
  static constexpr const char* name = "close";
  static void reach(operation_fixture& f) { f.open(); }
  template <class... Token>
  static auto start(operation_fixture& f, Token&&... token) {
    return f.client->close(std::forward<Token>(token)...);
  }
  static void finish(operation_fixture& f) { f.end(); }
};

struct closing_with_code : closing {
  static constexpr const char* name = "close, with a code";
  template <class... Token>
  static auto start(operation_fixture& f, Token&&... token) {
    return f.client->close(wsx::close_code::normal, "bye", std::forward<Token>(token)...);
  }
};

struct joining {
  static constexpr const char* name = "join";
  static void reach(operation_fixture& f) { f.open(); }
  template <class... Token>
  static auto start(operation_fixture& f, Token&&... token) {
    return f.client->join(std::forward<Token>(token)...);
  }
  static void finish(operation_fixture& f) { f.end(); }
};

// Has `check` called with each operation, and a client that it waits in.
template <class Check>
void for_each_operation(Check check) {
  const auto with = [&]<class Operation>(Operation operation) {
    CAPTURE(std::string(Operation::name));
    operation_fixture f;
    Operation::reach(f);
    check(f, operation);
    f.sender.reset();
    f.client.reset();
    CHECK(run_out(f.io));
  };
  with(connecting());
  with(connecting_with_details());
  with(sending());
  with(sending_elsewhere());
  with(flushing());
  with(closing());
  with(closing_with_code());
  with(joining());
}

// Lets the operation complete.
template <class Operation>
void complete(operation_fixture& f, Operation) {
  poll(f.io);
  Operation::finish(f);
  poll(f.io);
}

}  // namespace behavior_test
