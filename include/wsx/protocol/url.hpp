#pragma once

// Moved; this stays for one release.
#include <wsx/url.hpp>
