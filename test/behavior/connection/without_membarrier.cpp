#include "../../../lib/client/asymmetric_fence.hpp"
#include "../support.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

// A process that closes its sandbox while it is at work: membarrier(2) is refused from then on. On
// its own, since there is no way back.

namespace {

using namespace behavior_test;

// From now on, for this process and all of its threads to come. seccomp(2).
bool deny_membarrier() {
  std::array<sock_filter, 4> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{filter.size(), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// More than enough for the client to be busy with much.
void send_much(client_fixture<quiet>& f) {
  for (int i = 0; i < 1000; ++i) REQUIRE(f.client->try_send(wsx::text{"x"}));
}

}  // namespace

TEST_SUITE("behavior/connection/without_membarrier") {
  TEST_CASE("without its fence the strand sleeps, and is woken, as if there had never been one") {
    if (!wsx::detail::has_asymmetric_fence()) return;  // there is nothing to be taken away
    client_fixture<quiet> busy;
    memory_peer peer = busy.open();
    client_fixture<quiet> other({}, calm(), "other");  // each of them finds out
    memory_peer other_peer = other.open();
    send_much(busy);
    REQUIRE(settles(busy.io));  // now much is expected again
    REQUIRE(wsx::detail::has_asymmetric_fence());

    REQUIRE(deny_membarrier());
    for (int burst = 0; burst < 3; ++burst) {
      send_much(busy);
      REQUIRE(settles(busy.io));
      CHECK(works(busy, peer));
      CHECK(!wsx::detail::has_asymmetric_fence());
      send_much(other);
      REQUIRE(settles(other.io));
      CHECK(works(other, other_peer));
    }
    CHECK(busy.client->stats().frames_sent == 1000 + 3 * 1001);
  }
}
