#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace wsx {

/// The records of one batch, from being encrypted until the socket has taken them whole. A peer can
/// decrypt a record only as a whole, so what the socket took of one counts for nothing before its
/// last byte.
///
/// Where records end is told as a count of all bytes that OpenSSL has ever written to the wire.
/// Records without data that lie between, such as a KeyUpdate or an alert, need not be told.
class tls_records {
 public:
  /// So many may be pending. With more, the last ones count as one.
  static constexpr std::size_t most = 16;

  /// A record, or several, with as many bytes of data, end there.
  void add(std::size_t data, std::uint64_t end) noexcept {
    pending_data_ += data;
    if (count_ == most) {
      record& last = at(count_ - 1);
      last.end = end;
      last.data += data;
    } else {
      at(count_++) = {end, data};
    }
  }

  /// The data of those that lie whole before `taken`; they are forgotten.
  std::size_t take(std::uint64_t taken) noexcept {
    std::size_t data = 0;
    for (; count_ > 0 && at(0).end <= taken; --count_) {
      data += at(0).data;
      first_ = (first_ + 1) % most;
    }
    pending_data_ -= data;
    return data;
  }

  /// The data of those that are pending.
  std::size_t pending_data() const noexcept { return pending_data_; }

 private:
  struct record {
    std::uint64_t end = 0;
    std::size_t data = 0;
  };

  record& at(std::size_t i) noexcept { return records_[(first_ + i) % most]; }

  std::array<record, most> records_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t pending_data_ = 0;
};

}  // namespace wsx
