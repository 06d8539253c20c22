#pragma once

#include <wsx/config.hpp>

#include <wsx/close_reason.hpp>
#include <wsx/deflate_options.hpp>
#include <wsx/opcode.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

/// What a client received and sent, with times, as a file that can be replayed. docs/recording.md
/// describes the format.
namespace wsx::recording {

/// A recording that cannot be read, or written. `what()` says where and why.
struct recording_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class frame_direction : std::uint8_t { received, sent };

/// A frame, without its payload.
struct frame_facts {
  frame_direction direction = frame_direction::received;
  opcode op = opcode::binary;
  bool fin = true;
  bool compressed = false;  ///< the payload is compressed, as it is on the wire
  std::uint64_t size = 0;   ///< of the payload, also if less of it was recorded
};

/// A frame. Received ones are whole messages if the client assembled them.
struct frame {
  frame_facts facts{};
  std::string payload{};  ///< its beginning, if it is shorter than `facts.size`

  bool whole() const noexcept { return payload.size() == facts.size; }
};

/// A connection has opened.
struct connected {
  std::string url{};  ///< without user information; the values of its query are "***"
  std::string subprotocol{};
  std::string peer_endpoint{};
  std::string local_endpoint{};
  std::uint64_t attempt = 0;
  std::optional<deflate_parameters> deflate{};

  friend bool operator==(const connected&, const connected&) = default;
};

/// A connection, or the client, has ended.
struct ended {
  enum class of : std::uint8_t { connection, client };

  of what = of::connection;
  close_origin origin = close_origin::error;
  std::uint16_t code = 0;  ///< of the side that closed first; 0: none
  std::int32_t error = 0;  ///< `close_reason::error`, with the name of its category
  std::string error_category{};
  std::string message{};  ///< `diagnostics::message`

  friend bool operator==(const ended&, const ended&) = default;
};

/// The handler was replaced by one of another version.
struct handler_replaced {
  std::string old_version{};
  std::string new_version{};

  friend bool operator==(const handler_replaced&, const handler_replaced&) = default;
};

/// Records are missing here: the memory of the recorder was full.
struct gap {
  std::uint64_t records = 0;

  friend bool operator==(const gap&, const gap&) = default;
};

/// One record of a recording.
struct record {
  std::chrono::nanoseconds monotonic{};  ///< since an arbitrary moment; never decreases
  std::chrono::sys_time<std::chrono::nanoseconds> wall{};
  std::variant<frame, connected, ended, handler_replaced, gap> what{};
};

}  // namespace wsx::recording
