#pragma once

#include <wsx/export.hpp>
#include <wsx/header.hpp>

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace wsx {

/// The header fields of a server's response, in order. They are read-only and stored in one block
/// of memory, since a client keeps them as long as its connection.
class response_headers {
 public:
  /// A view of one header field.
  struct field {
    std::string_view name{};
    std::string_view value{};

    bool operator==(const field&) const = default;
  };

  class iterator {
   public:
    using value_type = field;
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    WSX_API field operator*() const noexcept;
    WSX_API iterator& operator++() noexcept;
    iterator operator++(int) noexcept {
      const iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator& other) const noexcept {
      return rest_.size() == other.rest_.size();
    }

   private:
    friend class response_headers;
    explicit iterator(std::string_view rest) noexcept : rest_(rest) {}

    std::string_view rest_{};
  };

  response_headers() = default;
  /// The fields are stored as lines: no name contains a colon, no value a line feed. RFC 9110 5.1,
  /// 5.5.
  WSX_API response_headers(const header_list& fields);  // NOLINT: converts by design

  iterator begin() const noexcept { return iterator(text_); }
  iterator end() const noexcept { return {}; }
  bool empty() const noexcept { return text_.empty(); }

  /// Returns the value of the first field with that name (in any case), if there is one.
  WSX_API std::optional<std::string_view> find(std::string_view name) const noexcept;

 private:
  std::string text_;  // "name:value\n" per field
};

static_assert(std::forward_iterator<response_headers::iterator>);

}  // namespace wsx
