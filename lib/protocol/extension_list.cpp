#include "extension_list.hpp"

#include "http_syntax.hpp"

#include <utility>

namespace wsx::protocol {

namespace {

// Reads the value from left to right. If what it is asked for does not come next, it does not move.
class reader {
 public:
  explicit reader(std::string_view text) : left_(text) {}

  bool done() {
    skip_space();
    return left_.empty();
  }

  bool take(char wanted) {
    if (done() || left_.front() != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }

  std::string token() {
    skip_space();
    std::size_t size = 0;
    while (size < left_.size() && http::is_token_char(left_[size])) ++size;
    std::string result(left_.substr(0, size));
    left_.remove_prefix(size);
    return result;
  }

  // A token, or a quoted one: RFC 6455 9.1 requires the quoted text to be a token, too.
  std::optional<std::string> value() {
    std::optional<std::string> result = take('"') ? quoted() : token();
    if (!result || !http::is_token(*result)) return std::nullopt;
    return result;
  }

 private:
  void skip_space() {
    while (!left_.empty() && (left_.front() == ' ' || left_.front() == '\t')) {
      left_.remove_prefix(1);
    }
  }

  // The rest of a quoted-string. RFC 9110 5.6.4.
  std::optional<std::string> quoted() {
    std::string result;
    for (std::size_t i = 0; i < left_.size(); ++i) {
      if (left_[i] == '"') {
        left_.remove_prefix(i + 1);
        return result;
      }
      if (left_[i] == '\\' && ++i == left_.size()) break;
      result += left_[i];
    }
    return std::nullopt;
  }

  std::string_view left_;
};

std::optional<extension::parameter> parse_parameter(reader& in) {
  extension::parameter result{.name = in.token()};
  if (result.name.empty()) return std::nullopt;
  if (in.take('=')) {
    result.value = in.value();
    if (!result.value) return std::nullopt;
  }
  return result;
}

std::optional<extension> parse_extension(reader& in) {
  extension result{.name = in.token()};
  if (result.name.empty()) return std::nullopt;
  while (in.take(';')) {
    auto parameter = parse_parameter(in);
    if (!parameter) return std::nullopt;
    result.parameters.push_back(*std::move(parameter));
  }
  return result;
}

}  // namespace

std::optional<std::vector<extension>> parse_extensions(std::string_view value) {
  std::vector<extension> result;
  for (reader in(value); !in.done();) {
    if (in.take(',')) continue;  // RFC 9110 5.6.1: empty elements are ignored
    auto element = parse_extension(in);
    if (!element || !(in.done() || in.take(','))) return std::nullopt;
    result.push_back(*std::move(element));
  }
  return result;
}

}  // namespace wsx::protocol
