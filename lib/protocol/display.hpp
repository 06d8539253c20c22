#pragma once

#include <wsx/export.hpp>

#include <cstddef>
#include <string>
#include <string_view>

// Prepares text of others for messages to people. It then cannot move a cursor, forge a line of a
// log or reveal a secret.
namespace wsx::protocol {

/// Returns `text` with some characters escaped. Control characters (C0, DEL, C1) become "\r", "\n",
/// "\t" or "\x1b", and bytes that are not UTF-8 "\xff". Invisible characters, and those that change
/// the direction of writing, become "\u200e". Backslashes and double quotes are escaped, too. Other
/// UTF-8 is unchanged. If the result has more than `max` characters it is cut between characters or
/// escapes, and ends in "...".
WSX_API std::string escape(std::string_view text, std::size_t max = 80);

/// Does the same and adds double quotes, which don't count.
WSX_API std::string quote(std::string_view text, std::size_t max = 80);

/// Returns a text that may be a URL, or was meant to be one, without user information and fragment.
/// The values of its query are "***", and so is the whole text if they can't be separated. Escaped
/// and bounded.
WSX_API std::string display_url(std::string_view text);

/// "Server: nginx": a header field. The value is shown if fields with that name never contain
/// secrets, and is "***" otherwise. Escaped and bounded.
WSX_API std::string display_field(std::string_view name, std::string_view value);

/// Returns a name for the byte `c` in a sentence: "a line feed", "the control character \x1b".
WSX_API std::string name_of(char c);

}  // namespace wsx::protocol
