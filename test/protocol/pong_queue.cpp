#include <wsx/protocol/pong_queue.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using wsx::as_bytes;
using wsx::as_chars;
using wsx::protocol::pong_queue;

namespace {

std::vector<std::string> take_all(pong_queue& queue) {
  std::vector<std::string> all;
  for (; !queue.empty(); queue.pop()) all.emplace_back(as_chars(queue.front()));
  return all;
}

std::string numbered(std::size_t i) {
  return std::to_string(i) + std::string(i % 100, '.');
}

}  // namespace

TEST_SUITE("protocol/pong_queue: RFC 6455 5.5.3") {
  TEST_CASE("pongs leave in the order in which they came") {
    pong_queue queue;
    CHECK(queue.empty());
    const std::string longest(125, 'x');
    const std::vector<std::string> payloads{"one", "", "three", longest, ""};
    for (const auto& payload : payloads) queue.push(as_bytes(payload));
    CHECK(take_all(queue) == payloads);
    CHECK(queue.empty());
    queue.push(as_bytes("again"));
    CHECK(take_all(queue) == std::vector<std::string>{"again"});
  }

  TEST_CASE("when it is full the oldest give way") {
    pong_queue queue;
    for (std::size_t i = 0; i < 1000; ++i) queue.push(as_bytes(numbered(i)));
    std::vector<std::string> expected;
    for (std::size_t i = 1000 - pong_queue::max_waiting; i < 1000; ++i)
      expected.push_back(numbered(i));
    CHECK(take_all(queue) == expected);
  }

  TEST_CASE("it may be filled while it is emptied") {
    pong_queue queue;
    std::size_t next = 0;
    for (std::size_t i = 0; i < 2000; ++i) {
      queue.push(as_bytes(numbered(i)));
      if (i % 3 == 0) continue;
      CHECK(as_chars(queue.front()) == numbered(next++));
      queue.pop();
      if (i - next > 50) {
        for (; next <= i; ++next, queue.pop()) CHECK(as_chars(queue.front()) == numbered(next));
      }
    }
  }
}
