#include "support.hpp"

#include <wsx/prometheus.hpp>

#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

// The text for Prometheus, read back by the rules of its format.

namespace {

using namespace telemetry_test;

// A line of a sample: its name, its labels and its value.
struct sample {
  std::string name;
  std::map<std::string, std::string> labels;
  std::string value;
};

std::string take_name(std::string_view& rest) {
  const auto end =
      rest.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");
  const std::string name(rest.substr(0, end));
  rest.remove_prefix(name.size());
  return name;
}

bool take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

std::string take_value(std::string_view& rest) {
  std::string value;
  REQUIRE(take(rest, '"'));
  while (!take(rest, '"')) {
    REQUIRE(!rest.empty());
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\\') {
      REQUIRE(!rest.empty());
      c = rest.front();
      rest.remove_prefix(1);
      if (c == 'n') c = '\n';
    }
    value += c;
  }
  return value;
}

sample parse(std::string_view rest) {
  sample s;
  s.name = take_name(rest);
  if (take(rest, '{')) {
    while (!take(rest, '}')) {
      const auto name = take_name(rest);
      REQUIRE(take(rest, '='));
      REQUIRE(s.labels.emplace(name, take_value(rest)).second);
      if (!take(rest, ',')) REQUIRE(rest.starts_with('}'));
    }
  }
  REQUIRE(take(rest, ' '));
  s.value = rest;
  return s;
}

// The text, parsed. Each family has HELP and TYPE first, and all of its samples together.
struct page {
  std::map<std::string, std::string> types;
  std::vector<sample> samples;

  explicit page(const std::string& text) {
    REQUIRE(text.ends_with('\n'));
    std::istringstream in(text);
    std::string family;
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string hash, kind, name, type;
      words >> hash >> kind >> name >> type;
      if (hash != "#") {
        samples.push_back(parse(line));
        CHECK(samples.back().name.starts_with(family));
      } else if (kind == "HELP") {
        CHECK(!types.contains(name));
        family = name;
      } else {
        REQUIRE(kind == "TYPE");
        REQUIRE(name == family);
        types[name] = type;
      }
    }
  }

  std::string value(const std::string& name, std::map<std::string, std::string> labels) const {
    std::optional<std::string> found;
    for (const auto& each : samples) {
      if (each.name != name || each.labels != labels) continue;
      CHECK(!found);
      found = each.value;
    }
    return found.value_or("nothing");
  }
};

}  // namespace

TEST_SUITE("telemetry/prometheus") {
  TEST_CASE("counters and gauges") {
    wsx::metrics m;
    m.count(wsx::event::frame_sent{.op = wsx::opcode::text, .size = 7});
    m.count(wsx::event::frame_sent{.op = wsx::opcode::ping, .size = 1});
    m.count(wsx::event::connected{{}});
    m.count(wsx::event::queue_full{wsx::event::queue_full::of::mailbox, 12});
    const page p(wsx::to_prometheus(m));
    CHECK(p.types.at("wsx_client_messages_total") == "counter");
    CHECK(p.types.at("wsx_client_open_connections") == "gauge");
    CHECK(p.types.at("wsx_client_queue_delay_seconds") == "histogram");
    CHECK(p.value("wsx_client_messages_total", {{"network_io_direction", "transmit"}}) == "1");
    CHECK(p.value("wsx_client_messages_total", {{"network_io_direction", "receive"}}) == "0");
    CHECK(p.value("wsx_client_frames_total", {{"network_io_direction", "transmit"}}) == "2");
    CHECK(p.value("wsx_client_payload_bytes_total", {{"network_io_direction", "transmit"}}) == "8");
    CHECK(p.value("wsx_client_open_connections", {}) == "1");
    CHECK(p.value("wsx_client_refused_total", {{"queue", "mailbox"}}) == "12");
    CHECK(p.value("wsx_client_disconnects_total", {{"origin", "remote"}}) == "0");
  }

  TEST_CASE("a histogram: its buckets are cumulative, and end with all") {
    wsx::metrics m;
    for (const auto each : {1ms, 7ms, 7ms, 60'000ms}) m.count(wsx::event::callback_returned{each});
    const page p(wsx::to_prometheus(m, {{"venue", "a"}}));
    const std::string name = "wsx_client_callback_duration_seconds";
    const auto below = [&](const std::string& bound) {
      return p.value(name + "_bucket", {{"venue", "a"}, {"le", bound}});
    };
    CHECK(below("0.0001") == "0");
    CHECK(below("0.001") == "1");
    CHECK(below("0.005") == "1");
    CHECK(below("0.01") == "3");
    CHECK(below("10") == "3");
    CHECK(below("+Inf") == "4");
    CHECK(p.value(name + "_count", {{"venue", "a"}}) == "4");
    CHECK(p.value(name + "_sum", {{"venue", "a"}}) == "60.015");
  }

  TEST_CASE("several clients: each family once, with all of them") {
    const std::vector<wsx::labeled_metrics> clients{
        {{{"venue", "a"}}, {.attempts = 1}}, {{{"venue", "b"}, {"pair", "x"}}, {.attempts = 2}}};
    const page p(wsx::to_prometheus(clients));
    CHECK(p.value("wsx_client_connection_attempts_total", {{"venue", "a"}}) == "1");
    CHECK(p.value("wsx_client_connection_attempts_total", {{"venue", "b"}, {"pair", "x"}}) == "2");
    CHECK(page(wsx::to_prometheus(std::span<const wsx::labeled_metrics>())).samples.empty());
  }

  TEST_CASE("labels are escaped, and their names checked") {
    const std::string odd = "a \\ b \"c\"\nd,}e";
    const page p(wsx::to_prometheus(wsx::metrics(), {{"_odd1", odd}}));
    CHECK(p.value("wsx_client_open_connections", {{"_odd1", odd}}) == "0");
    for (const char* name : {"", "1a", "a-b", "a b", "\xc3\xa4"}) {
      CHECK_THROWS_AS(wsx::to_prometheus(wsx::metrics(), {{name, "x"}}), std::invalid_argument);
    }
  }
}
