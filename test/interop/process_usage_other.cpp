#include "process_usage.hpp"

process_usage process_usage::now() {
  return {};
}
