#pragma once

#include <wsx/config.hpp>

namespace wsx::detail {

// The members of a client that replace its handler: none, unless the header wsx/code_change.hpp
// says otherwise for its handler.
template <class Client, class Handler>
class code_change_members {};

// The same for a `child_ref`.
template <class Child, class Handler>
class child_code_change_members {};

}  // namespace wsx::detail
