#include "../../lib/transport/tls_records.hpp"

#include <doctest/doctest.h>

using wsx::tls_records;

TEST_SUITE("transport/tls_records") {
  TEST_CASE("a record counts when its last byte is taken") {
    tls_records records;
    records.add(100, 122);
    records.add(200, 350);  // something without data lies between
    CHECK(records.pending_data() == 300);
    CHECK(records.take(0) == 0);
    CHECK(records.take(121) == 0);
    CHECK(records.take(122) == 100);
    CHECK(records.take(349) == 0);
    CHECK(records.pending_data() == 200);
    CHECK(records.take(400) == 200);
    CHECK(records.take(400) == 0);
    CHECK(records.pending_data() == 0);
  }

  TEST_CASE("there is always room for as many, however often some are taken") {
    tls_records records;
    std::uint64_t end = 0;
    std::uint64_t taken = 0;
    for (std::size_t i = 0; i < tls_records::most; ++i) records.add(10, end += 32);
    for (int i = 0; i < 100; ++i) {
      CHECK(records.take(taken += 32) == 10);
      records.add(10, end += 32);
      CHECK(records.pending_data() == 10 * tls_records::most);
    }
  }

  TEST_CASE("beyond that the last ones count as one") {
    tls_records records;
    for (std::size_t i = 1; i <= tls_records::most + 2; ++i) records.add(1, i);
    CHECK(records.take(tls_records::most - 1) == tls_records::most - 1);
    CHECK(records.take(tls_records::most + 1) == 0);
    CHECK(records.take(tls_records::most + 2) == 3);
  }
}
