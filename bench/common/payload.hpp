#pragma once

#include <cstddef>
#include <string>
#include <vector>

// What the benchmark's messages say, on both sides and in each library alike.

namespace bench {

/// ASCII.
std::string ascii_payload(std::size_t size);

/// UTF-8; 65 of 100 characters take 2 to 4 bytes.
std::string mixed_payload(std::size_t size);

/// JSON messages of a feed, each a little different from the last: what compression is made for.
std::vector<std::string> feed_payloads(std::size_t size, std::size_t count);

}  // namespace bench
