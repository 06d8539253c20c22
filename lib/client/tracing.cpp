#include "engine.hpp"

#include <utility>

// What can be switched on at run time, from any thread.

namespace wsx::detail {

void engine_ref::trace(trace_sink sink, const trace_options& how) const {
  engine_->parts().events.tracing().trace(*engine_, std::move(sink), how);
}

void engine_ref::keep_trace(std::size_t lines, const trace_options& how) const {
  engine_->parts().events.tracing().keep(*engine_, lines, how, engine_->now());
}

std::vector<std::string> engine_ref::kept_trace() const {
  const tracer* const known = engine_->parts().events.tracing_so_far();
  return known == nullptr ? std::vector<std::string>() : known->kept();
}

void engine_ref::collect_statistics(bool on) const {
  engine_->parts().events.tracing().collect(*engine_, on, engine_->parts().counts);
}

std::optional<trace_statistics> engine_ref::statistics() const {
  const tracer* const known = engine_->parts().events.tracing_so_far();
  if (known == nullptr) return std::nullopt;
  return known->statistics(engine_->parts().counts);
}

}  // namespace wsx::detail
