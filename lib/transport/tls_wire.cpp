#include "tls_wire.hpp"

#include "../would_block.hpp"

#include <asio/error.hpp>
#include <openssl/bio.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace wsx {

namespace {

tls_wire& wire_of(BIO* bio) noexcept {
  return *static_cast<tls_wire*>(BIO_get_data(bio));
}

// The result of a BIO's read or write.
int result(BIO* bio, std::size_t count, int retry_flag) noexcept {
  BIO_clear_retry_flags(bio);
  const auto error = wire_of(bio).error();
  if (!error) return static_cast<int>(count);
  if (would_block(error)) BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
  return error == asio::error::eof ? 0 : -1;
}

int bio_read(BIO* bio, char* target, int size) {
  const auto room = std::as_writable_bytes(std::span(target, static_cast<std::size_t>(size)));
  return result(bio, wire_of(bio).read(room), BIO_FLAGS_READ);
}

int bio_write(BIO* bio, const char* source, int size) {
  const auto bytes = std::as_bytes(std::span(source, static_cast<std::size_t>(size)));
  return result(bio, wire_of(bio).write(bytes), BIO_FLAGS_WRITE);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return wire_of(bio).error() == asio::error::eof ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // done, from OpenSSL's point of view
}

BIO_METHOD* wire_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wsx TLS wire");
    if (m == nullptr) return m;
    BIO_meth_set_read(m, bio_read);
    BIO_meth_set_write(m, bio_write);
    BIO_meth_set_ctrl(m, bio_control);
    return m;
  }();
  return method;
}

}  // namespace

bool tls_wire::attach(SSL* ssl) {
  BIO* const bio = wire_method() != nullptr ? BIO_new(wire_method()) : nullptr;
  if (bio == nullptr) return false;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  ssl_ = ssl;
  in_.release();
  out_.release();
  written_ = taken_ = 0;
  socket_read_ = true;
  error_ = write_error_ = {};
  return true;
}

// Keeps OpenSSL from freeing and allocating its buffer for each record.
void tls_wire::before_reading() noexcept {
  socket_read_ = false;
  SSL_clear_mode(ssl_, SSL_MODE_RELEASE_BUFFERS);
}

// OpenSSL then frees the write buffer after the last record of the batch, and only then.
void tls_wire::before_writing(bool last) noexcept {
  if (last) {
    SSL_set_mode(ssl_, SSL_MODE_RELEASE_BUFFERS);
  } else {
    SSL_clear_mode(ssl_, SSL_MODE_RELEASE_BUFFERS);
  }
}

std::size_t tls_wire::read(std::span<std::byte> target) noexcept {
  if (in_.empty() && !fill()) return 0;
  const auto count = std::min(target.size(), in_.view().size());
  std::memcpy(target.data(), in_.view().data(), count);
  in_.consume(count);
  error_.clear();
  return count;
}

// Once per batch: a peer that sends without end gets no more, and an empty socket is not read again
// just to find that out. If there is nothing to read, OpenSSL frees its buffer, unless it contains
// part of a record.
bool tls_wire::fill() noexcept {
  error_ = asio::error::would_block;
  if (!std::exchange(socket_read_, true)) read_socket();
  if (!in_.empty()) return true;
  in_.release();
  SSL_set_mode(ssl_, SSL_MODE_RELEASE_BUFFERS);
  return false;
}

void tls_wire::read_socket() noexcept {
  const auto room = in_.prepare();
  io_result got{.error = asio::error::no_memory};
  if (!room.empty()) got = tcp_.read_some(room);
  in_.commit(got.bytes);
  error_ = got.error;
}

std::size_t tls_wire::write(bytes_view source) noexcept {
  error_.clear();
  if (write_error_) return source.size();
  const auto room = out_.prepare();
  const auto count = std::min(source.size(), room.size());
  if (count == 0) error_ = out_.empty() ? asio::error::no_memory : asio::error::would_block;
  std::copy_n(source.begin(), count, room.begin());
  out_.commit(count);
  written_ += count;
  return count;
}

// One write: a socket that does not take everything is full.
std::error_code tls_wire::flush() noexcept {
  if (write_error_ || out_.empty()) return write_error_;
  const io_result put = tcp_.write_some(out_.view());
  out_.consume(put.bytes);
  taken_ += put.bytes;
  if (put.error && !would_block(put.error)) {
    write_error_ = put.error;
    out_.release();
    return write_error_;
  }
  return out_.empty() ? std::error_code() : make_error_code(asio::error::would_block);
}

}  // namespace wsx
