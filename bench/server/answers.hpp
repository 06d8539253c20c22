#pragma once

#include <wsx/protocol/mask.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// Makes the server's answers of a client's frames, as the bytes come, without waiting for whole
/// frames. A compressed message goes back as it is: what it refers to went back before it.
class answers {
 public:
  /// `echo`: whether messages are answered. Ping and Close always are.
  explicit answers(bool echo) noexcept : echo_(echo) {}

  /// Appends what `bytes` are answered with. False once a Close has been answered.
  bool feed(std::string_view bytes, std::string& out);

 private:
  bool take_head(std::string_view& bytes);
  std::size_t head_size() const noexcept;
  void begin_frame(char*& to);
  void take_payload(std::string_view& bytes, char*& to);

  bool echo_;
  std::array<char, 14> head_{};  // RFC 6455 5.2: the longest
  std::size_t taken_ = 0;        // bytes of the head
  wsx::protocol::mask_key key_{};
  std::uint64_t length_ = 0;  // of the payload
  std::uint64_t passed_ = 0;  // bytes of it
  bool answered_ = false;     // this frame is
  bool closing_ = false;      // it is a Close
};

}  // namespace bench
