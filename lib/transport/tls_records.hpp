#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace wsx {

/// The records of one batch, until the socket has taken them whole. A peer can decrypt only whole
/// records, so a part of a record does not count before its last byte.
///
/// The end of a record is a position in all bytes that OpenSSL has ever written to the wire.
/// Records without data in between, such as a KeyUpdate or an alert, need not be added.
class tls_records {
 public:
  /// The maximum number that are pending. If there are more, the last ones count as one.
  static constexpr std::size_t most = 16;

  /// One or more records with this many bytes of data end at `end`.
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

  /// Removes the records that are whole before `taken`, and returns the size of their data.
  std::size_t take(std::uint64_t taken) noexcept {
    std::size_t data = 0;
    for (; count_ > 0 && at(0).end <= taken; --count_) {
      data += at(0).data;
      first_ = (first_ + 1) % most;
    }
    pending_data_ -= data;
    return data;
  }

  /// Returns the size of the data of pending records.
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
