#include "holdings.hpp"

holdings holdings::now() {
  return {};
}
