#pragma once

#include <wsx/export.hpp>

#include <cstddef>
#include <string>
#include <string_view>

// Text of others, made fit for messages to people: nothing in it can move a cursor, forge a line of
// a log or give a secret away.
namespace wsx::protocol {

/// `text` with its control characters (C0, DEL, C1) as "\r", "\n", "\t" or "\x1b", backslashes and
/// double quotes escaped, bytes that are not UTF-8 as "\xff", and characters that are invisible or
/// change the direction of writing as "\u200e". All other UTF-8 stays. If that has more than `max`
/// characters it is cut, never within an escape or a character, and ends in "...".
WSX_API std::string escape(std::string_view text, std::size_t max = 80);

/// The same in double quotes, which don't count.
WSX_API std::string quote(std::string_view text, std::size_t max = 80);

/// A text that may be a URL, or was meant to be one: without user information and fragment, and
/// with
/// "***" for the values of its query, and for all of a text in which those can't be told apart.
/// Escaped and bounded.
WSX_API std::string display_url(std::string_view text);

/// "Server: nginx": a header field. Its value is shown if fields of that name are known to have no
/// secrets, and is "***" otherwise. Escaped and bounded.
WSX_API std::string display_field(std::string_view name, std::string_view value);

/// What to call the byte `c` in a sentence: "a line feed", "the control character \x1b".
WSX_API std::string name_of(char c);

}  // namespace wsx::protocol
