#pragma once

namespace wsx {

/// How often this process, and those it descends from, have been forked: what must not be the same
/// in parent and child can tell by it. Counts from the first call on.
unsigned fork_count() noexcept;

}  // namespace wsx
