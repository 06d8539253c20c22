#include "../../lib/transport/tls_session_store.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace std::chrono_literals;

namespace {

constexpr wsx::tls_session_store::clock::time_point start{1000h};

wsx::resumable_session made(wsx::tls_session_store::clock::time_point verified = start) {
  return {wsx::tls_session_ptr(SSL_SESSION_new()), verified};
}

}  // namespace

TEST_SUITE("transport/tls_session_store") {
  TEST_CASE("gives the latest session of the server, and each only once") {
    wsx::tls_session_store store;
    auto first = made();
    auto second = made();
    const auto* const first_session = first.session.get();
    const auto* const second_session = second.session.get();
    store.put("one", std::move(first));
    store.put("one", std::move(second));
    store.put("another", made());
    CHECK(store.take("one", start).session.get() == second_session);
    CHECK(store.take("one", start).session.get() == first_session);
    CHECK(store.take("one", start).session == nullptr);
    CHECK(store.take("another", start).session != nullptr);
  }

  TEST_CASE("gives none whose certificate was verified too long ago") {
    wsx::tls_session_store store;
    const auto max_age = wsx::tls_session_store::max_age;
    store.put("one", made());
    SUBCASE("just not") {
      const auto taken = store.take("one", start + max_age - 1s);
      CHECK(taken.session != nullptr);
      CHECK(taken.verified == start);
    }
    SUBCASE("just so") {
      CHECK(store.take("one", start + max_age).session == nullptr);
    }
    SUBCASE("or in the future: the clock was set back") {
      CHECK(store.take("one", start - 1s).session == nullptr);
    }
  }

  TEST_CASE("a server that refused a session has none, and gets none") {
    wsx::tls_session_store store;
    store.put("one", made());
    store.put("another", made());
    store.refuse("one");
    store.put("one", made());
    CHECK(store.take("one", start).session == nullptr);
    CHECK(store.take("another", start).session != nullptr);
  }

  TEST_CASE("remembers so many that refused at most") {
    wsx::tls_session_store store;
    const auto most = wsx::tls_session_store::max_sessions;
    for (std::size_t i = 0; i < most + 1; ++i) store.refuse(std::to_string(i));
    store.put("0", made());
    store.put("1", made());
    CHECK(store.take("0", start).session != nullptr);
    CHECK(store.take("1", start).session == nullptr);
  }

  TEST_CASE("holds so many at most: the oldest give way") {
    wsx::tls_session_store store;
    const auto most = wsx::tls_session_store::max_sessions;
    for (std::size_t i = 0; i < most + 1; ++i) store.put(std::to_string(i), made());
    CHECK(store.take("0", start).session == nullptr);
    CHECK(store.take("1", start).session != nullptr);
    CHECK(store.take(std::to_string(most), start).session != nullptr);
  }
}
