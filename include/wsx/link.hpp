#pragma once

#include <wsx/config.hpp>

#include <wsx/client_base.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/export.hpp>

namespace wsx {

namespace detail {
WSX_API void link_clients(const engine_ref& a, const engine_ref& b);
WSX_API void unlink_clients(const engine_ref& a, const engine_ref& b);
}  // namespace detail

/// Makes two clients end together, as Erlang's `link` does. If one ends abnormally, so that its
/// `join` throws, the other is aborted, and so are the clients linked to that one. A normal end has
/// no effect. Destroying a client is an abnormal end. A client that ended earlier counts as if it
/// ended now.
///
/// There is at most one link between two clients. Linking them again, or a client to itself, does
/// nothing. From any thread. The clients may be moved and destroyed.
inline void link(const client_base& a, const client_base& b) {
  detail::link_clients(detail::client_access::engine_of(a), detail::client_access::engine_of(b));
}

/// Removes the link between two clients, if there is one. From then on, the end of one has no
/// effect on the other.
inline void unlink(const client_base& a, const client_base& b) {
  detail::unlink_clients(detail::client_access::engine_of(a), detail::client_access::engine_of(b));
}

}  // namespace wsx
