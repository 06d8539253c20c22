#pragma once

#include <asio/io_context.hpp>

#include <chrono>

namespace client_test {

// Runs what can run, then lets so much time pass at once, and runs what is due. In this program the
// steady clock is the machine's and what was let pass: so no test waits for a timer of minutes, nor
// takes the absence of a ping for proof after some milliseconds.
void let_pass(asio::io_context& io, std::chrono::steady_clock::duration time);

// The same, but runs nothing before: the thread was busy elsewhere.
void be_late(asio::io_context& io, std::chrono::steady_clock::duration time);

}  // namespace client_test
