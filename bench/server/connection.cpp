#include "connection.hpp"

#include <wsx/testing/script_error.hpp>
#include <wsx/testing/server_handshake.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <sys/epoll.h>
#include <utility>

namespace bench {

namespace {

namespace testing = wsx::testing;

// Replies that a client does not read.
constexpr std::size_t max_replies = 256 * 1024 * 1024;

// What is read is dealt with at once, so one buffer serves all.
std::array<char, 256 * 1024> room;

std::optional<deflate_terms> agree_on_deflate(const testing::http_request& request) {
  const auto* const offers = request.find("Sec-WebSocket-Extensions");
  return offers != nullptr ? read_deflate_offer(*offers) : std::nullopt;
}

bool take_prefix(std::string_view& path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  path.remove_prefix(prefix.size());
  return true;
}

}  // namespace

connection::connection(reactor& events, int fd, std::unique_ptr<stream> peer) noexcept
    : events_(events), fd_(fd), stream_(std::move(peer)) {}

bool connection::ready(std::uint32_t events) try {
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0 && !read()) return false;
  return write();
} catch (const testing::script_error& error) {
  fmt::print(stderr, "bench_server: {}\n", error.what());
  return false;
}

bool connection::read() {
  do {
    const auto [bytes, open] = stream_->read_some(room);
    if (!open) return false;
    if (bytes == 0) break;
    if (!take({room.data(), bytes})) return false;
  } while (stream_->holds_back());
  return true;
}

bool connection::take(std::string_view bytes) {
  if (!open_ && !open(bytes)) return true;
  if (!listening_) return true;
  // A blast is written in pieces of frames, between which nothing fits.
  if (std::string dropped; chunk_) return answers_.feed(bytes, dropped);
  if (answers_.feed(bytes, replies_) && replies_.size() - replied_ <= max_replies) return true;
  write_replies();
  return false;
}

// False as long as the request is not whole.
bool connection::open(std::string_view& bytes) {
  head_ += bytes;
  std::string_view left = head_;
  const auto request = testing::parse_request(left);
  if (!request) return false;
  bytes.remove_prefix(bytes.size() - left.size());
  head_ = std::string();

  testing::accept_options options;
  const auto terms = agree_on_deflate(*request);
  if (terms) options.headers.push_back({"Sec-WebSocket-Extensions", deflate_response(*terms)});
  replies_ = make_accept_response(*request, options);
  begin(request->target, terms);
  open_ = true;
  return true;
}

void connection::begin(std::string_view path, const std::optional<deflate_terms>& terms) {
  if (take_prefix(path, "/blast/")) chunk_ = blast_chunk(path, terms);
  if (take_prefix(path, "/echo/")) answers_ = answers(true);
  if (path == "/sink") listening_ = false;
}

bool connection::write() {
  if (!write_replies()) return false;
  const bool blocked = replied_ < replies_.size();
  want_write(blocked || chunk_);
  return blocked || !chunk_ || write_chunk();
}

bool connection::write_chunk() {
  const auto [bytes, open] = stream_->write_some(std::string_view(*chunk_).substr(chunk_at_));
  chunk_at_ = (chunk_at_ + bytes) % chunk_->size();
  return open;
}

bool connection::write_replies() {
  while (replied_ < replies_.size()) {
    const auto [bytes, open] = stream_->write_some(std::string_view(replies_).substr(replied_));
    replied_ += bytes;
    if (!open || bytes == 0) return open;
    if (replied_ > replies_.size() / 2) replies_.erase(0, std::exchange(replied_, 0));
  }
  return true;
}

void connection::want_write(bool wanted) {
  if (wanted == std::exchange(wants_write_, wanted)) return;
  events_.change(fd_, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

}  // namespace bench
