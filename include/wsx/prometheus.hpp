#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>
#include <wsx/metrics.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace wsx {

/// Names and values, such as {"venue", "kraken"}. A name consists of letters, digits and "_", and
/// does not begin with a digit. A value may be any UTF-8.
using metric_labels = std::vector<std::pair<std::string, std::string>>;

/// The metrics of one client, with the labels that distinguish it from others.
struct labeled_metrics {
  metric_labels labels{};
  metric_values values{};
};

/// Returns the metrics in the text format of Prometheus (version 0.0.4, content type
/// `text/plain; version=0.0.4`). Labels that the metrics have themselves follow OpenTelemetry's
/// names: `network_io_direction`. Throws `std::invalid_argument` if a label has no valid name.
WSX_API std::string to_prometheus(std::span<const labeled_metrics> clients);
WSX_API std::string to_prometheus(const metrics& client, metric_labels labels = {});

}  // namespace wsx
