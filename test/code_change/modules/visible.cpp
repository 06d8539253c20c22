#include "visible.hpp"

#include <wsx/module.hpp>

// Compiled without -fvisibility=hidden: the program has a handler of that name, too, and the system
// takes that one's code.
WSX_EXPORT_HANDLER(visible_handler)
