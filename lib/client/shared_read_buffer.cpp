#include "shared_read_buffer.hpp"

#include "../memory/spares.hpp"

#include <utility>

namespace wsx::detail {

namespace {

struct owner;
using spares = memory::spares<owner, std::unique_ptr<std::byte[]>, 1>;

}  // namespace

shared_read_buffer::shared_read_buffer() : memory_(spares::acquire()) {
  if (!memory_) memory_.reset(new std::byte[size]);
}

shared_read_buffer::~shared_read_buffer() {
  spares::release(std::move(memory_));
}

}  // namespace wsx::detail
