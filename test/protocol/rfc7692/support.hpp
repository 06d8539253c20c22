#pragma once

#include "../support.hpp"

#include <wsx/protocol/inflater.hpp>
#include <wsx/testing/server_deflate.hpp>

/// What a client that has agreed on permessage-deflate says to what a server sends.
namespace protocol_test {

inline server_frame compressed(server_frame frame) {
  frame.rsv |= rsv1;
  return frame;
}

inline std::string receive_inflating(std::string_view bytes, message_limits limits = {},
                                     delivery how = delivery::messages, bool takeover = true) {
  return receive_by(bytes, [=] { return message_assembler(limits, how, inflater(15, takeover)); });
}

inline void check_refused_inflating(std::string_view bytes, errc why, wsx::close_code code,
                                    message_limits limits = {}) {
  CAPTURE(why);
  CHECK(receive_inflating(bytes, limits) == violation(why));
  CHECK(receive_inflating(bytes, limits, delivery::fragments) == violation(why));
  CHECK(close_code_for(why) == code);
}

}  // namespace protocol_test
