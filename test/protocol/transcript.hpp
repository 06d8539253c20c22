#pragma once

#include <wsx/bytes.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/message_assembler.hpp>

#include <string>
#include <system_error>
#include <utility>

namespace protocol_test {

using namespace wsx::protocol;
using wsx::opcode;

inline std::string violation(std::error_code why) {
  return "violation: " + why.message();
}

/// Writes down in words what an assembler says. Pieces of a message that follow one another are
/// written as one, since where they are cut is up to the input; those before a violation are not
/// written at all, since a violation may be found before or after a piece is given out.
class transcript {
 public:
  /// Takes events until the input is used up or in violation of the protocol.
  void take_all(message_assembler& assembler) {
    for (;;) {
      const auto event = assembler.next();
      if (event == receive_event::need_input) return;
      take(event, assembler);
      if (event == receive_event::violation) return;
    }
  }

  bool violated() const { return violated_; }

  std::string str() const { return violated_ ? lines_ : lines_ + pieces_; }

 private:
  void take(receive_event event, const message_assembler& from) {
    switch (event) {
      case receive_event::text: return add("text " + payload(from));
      case receive_event::binary: return add("binary " + payload(from));
      case receive_event::ping: return add("ping " + payload(from));
      case receive_event::pong: return add("pong " + payload(from));
      case receive_event::fragment: return add_piece(from);
      case receive_event::close: return add(describe(from.close()));
      case receive_event::violation: break;
      case receive_event::more:
      case receive_event::need_input: return;
    }
    violated_ = true;
    lines_ += violation(from.error());
  }

  static std::string payload(const message_assembler& from) {
    return std::string(wsx::as_chars(from.payload()));
  }

  void add(const std::string& line) {
    if (!pieces_.empty()) lines_ += std::exchange(pieces_, {}) + "; ";
    lines_ += line + "; ";
  }

  void add_piece(const message_assembler& from) {
    if (pieces_.empty()) pieces_ = from.message_kind() == opcode::text ? "text|" : "binary|";
    if (from.first()) pieces_ += "first ";
    pieces_ += payload(from);
    if (from.last()) add(std::exchange(pieces_, {}) + " last");
  }

  static std::string describe(const close_payload& close) {
    if (!close.code) return "close";
    return "close " + std::to_string(static_cast<int>(*close.code)) + " " + close.reason;
  }

  std::string lines_;
  std::string pieces_;
  bool violated_ = false;
};

}  // namespace protocol_test
