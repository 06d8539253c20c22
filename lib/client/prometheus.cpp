#include <wsx/prometheus.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <iterator>
#include <stdexcept>
#include <string_view>

// https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md

namespace wsx {

namespace {

constexpr std::string_view prefix = "wsx_client_";

bool is_label_name(std::string_view name) noexcept {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto allowed = [letter](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, allowed);
}

std::string label_value(std::string_view value) {
  std::string result = "\"";
  for (const char c : value) {
    if (c == '\n') {
      result += "\\n";
    } else {
      if (c == '\\' || c == '"') result += '\\';
      result += c;
    }
  }
  return result + '"';
}

// `venue="kraken",`: an own label follows, or nothing.
std::string shown(const metric_labels& labels) {
  std::string result;
  for (const auto& [name, value] : labels) {
    if (!is_label_name(name))
      throw std::invalid_argument(
          "to_prometheus: a label's name consists of letters, digits and _");
    result += name + '=' + label_value(value) + ',';
  }
  return result;
}

double seconds(std::chrono::nanoseconds duration) noexcept {
  return std::chrono::duration<double>(duration).count();
}

// Each family is written once, with the samples of all clients.
class exposition {
 public:
  explicit exposition(std::span<const labeled_metrics> clients) : clients_(clients) {
    for (const auto& each : clients) labels_.push_back(shown(each.labels));
  }

  // A value, or several that differ in a label.
  struct part {
    std::string_view label;  // `name="value"`, or empty
    std::uint64_t (*value)(const metric_values&);
  };
  void add(std::string_view name, std::string_view type, std::string_view help,
           std::initializer_list<part> parts) {
    begin(name, type, help);
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      for (const auto& [label, value] : parts)
        sample(name, "", labels_[i] + std::string(label), value(clients_[i].values));
    }
  }

  void add(std::string_view name, std::string_view help,
           duration_histogram metric_values::*histogram) {
    begin(name, "histogram", help);
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      const duration_histogram& each = clients_[i].values.*histogram;
      buckets(name, labels_[i], each);
      sample(name, "_sum", labels_[i], seconds(each.sum));
      sample(name, "_count", labels_[i], each.count());
    }
  }

  std::string text() && { return std::move(text_); }

 private:
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(text_), "# HELP {0}{1} {2}\n# TYPE {0}{1} {3}\n", prefix,
                   name, help, type);
  }

  template <class Value>
  void sample(std::string_view name, std::string_view suffix, std::string_view labels,
              Value value) {
    if (labels.ends_with(',')) labels.remove_suffix(1);
    const auto set = labels.empty() ? std::string() : fmt::format("{{{}}}", labels);
    fmt::format_to(std::back_inserter(text_), "{}{}{}{} {}\n", prefix, name, suffix, set, value);
  }

  void buckets(std::string_view name, const std::string& labels, const duration_histogram& each) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < each.counts.size(); ++i) {
      below += each.counts[i];
      const bool last = i == each.bounds.size();
      const auto bound = last ? "+Inf" : fmt::format("{}", seconds(each.bounds[i]));
      sample(name, "_bucket", fmt::format("{}le=\"{}\"", labels, bound), below);
    }
  }

  std::span<const labeled_metrics> clients_;
  std::vector<std::string> labels_;
  std::string text_;
};

constexpr std::string_view receive = "network_io_direction=\"receive\"";
constexpr std::string_view transmit = "network_io_direction=\"transmit\"";

void add_traffic(exposition& to) {
  using values = metric_values;
  to.add("messages_total", "counter", "Whole messages.",
         {{receive, [](const values& v) { return v.received.messages; }},
          {transmit, [](const values& v) { return v.sent.messages; }}});
  to.add("frames_total", "counter", "Frames; a received message counts as one.",
         {{receive, [](const values& v) { return v.received.frames; }},
          {transmit, [](const values& v) { return v.sent.frames; }}});
  to.add("payload_bytes_total", "counter", "Bytes of payloads.",
         {{receive, [](const values& v) { return v.received.bytes; }},
          {transmit, [](const values& v) { return v.sent.bytes; }}});
}

void add_connections(exposition& to) {
  using values = metric_values;
  to.add("connection_attempts_total", "counter", "Attempts to connect.",
         {{"", [](const values& v) { return v.attempts; }}});
  to.add("failed_attempts_total", "counter", "Attempts to connect that failed.",
         {{"", [](const values& v) { return v.failed_attempts; }}});
  to.add("connections_total", "counter", "Connections that were opened.",
         {{"", [](const values& v) { return v.connections; }}});
  to.add("open_connections", "gauge", "Connections that are open.",
         {{"", [](const values& v) { return v.open; }}});
  to.add("reconnects_total", "counter", "How often a handler decided to connect again.",
         {{"", [](const values& v) { return v.reconnects; }}});
  to.add("disconnects_total", "counter", "Connections that have ended.",
         {{"origin=\"local\"", [](const values& v) { return v.ended_by_client; }},
          {"origin=\"remote\"", [](const values& v) { return v.ended_by_server; }},
          {"origin=\"error\"", [](const values& v) { return v.ended_by_error; }}});
}

void add_queues(exposition& to) {
  using values = metric_values;
  to.add("refused_total", "counter", "What was refused because a limit was reached.",
         {{"queue=\"sender\"", [](const values& v) { return v.refused_sends; }},
          {"queue=\"callback\"", [](const values& v) { return v.refused_replies; }},
          {"queue=\"mailbox\"", [](const values& v) { return v.refused_messages; }}});
  to.add("mailbox_messages", "gauge", "Messages that waited for a handler.",
         {{"", [](const values& v) { return v.mailbox; }}});
}

void add_durations(exposition& to) {
  to.add("keepalive_round_trip_seconds", "Round trips of keepalive pings.",
         &metric_values::keepalive);
  to.add("queue_delay_seconds", "How long frames waited for the transport.",
         &metric_values::queue_delay);
  to.add("callback_duration_seconds", "How long callbacks took.", &metric_values::callbacks);
}

}  // namespace

std::string to_prometheus(std::span<const labeled_metrics> clients) {
  exposition all(clients);
  add_traffic(all);
  add_connections(all);
  add_queues(all);
  add_durations(all);
  return std::move(all).text();
}

std::string to_prometheus(const metrics& client, metric_labels labels) {
  const labeled_metrics one{std::move(labels), client.values()};
  return to_prometheus(std::span(&one, 1));
}

}  // namespace wsx
