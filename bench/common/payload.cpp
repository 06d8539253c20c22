#include "payload.hpp"

#include <fmt/format.h>

#include <array>
#include <random>
#include <string_view>

namespace bench {

namespace {

// 20 characters, 13 of them of several bytes.
constexpr std::array<std::string_view, 20> mixed_characters{"a", "ä",  "語", "é", "o", "ß", "語",
                                                            "ж", "n",  "я",  "😀", "e", "ü", "日",
                                                            "t", "本", " ",  "д", "ñ", "i"};

}  // namespace

std::string ascii_payload(std::size_t size) {
  std::string payload;
  payload.reserve(size);
  for (std::size_t i = 0; i < size; ++i) payload.push_back(static_cast<char>('a' + i % 26));
  return payload;
}

std::string mixed_payload(std::size_t size) {
  std::string payload;
  payload.reserve(size);
  for (std::size_t i = 0;; i = (i + 1) % mixed_characters.size()) {
    if (payload.size() + mixed_characters[i].size() > size) break;
    payload += mixed_characters[i];
  }
  payload.resize(size, 'x');
  return payload;
}

std::vector<std::string> feed_payloads(std::size_t size, std::size_t count) {
  std::mt19937 random(1);
  std::vector<std::string> messages(count);
  for (auto& message : messages) {
    while (message.size() < size) {
      message += fmt::format(
          R"({{"e":"trade","E":{},"s":"{}USDT","t":{},"p":"{}.{:02}","q":"0.{:05}","m":{}}},)",
          1'700'000'000'000 + random() % 1'000'000, std::array{"BTC", "ETH", "SOL"}[random() % 3],
          random() % 100'000'000, 20'000 + random() % 1'000, random() % 100, random() % 100'000,
          random() % 2 == 0);
    }
    message.resize(size);
  }
  return messages;
}

}  // namespace bench
