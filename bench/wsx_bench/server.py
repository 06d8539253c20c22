"""The server, on a core of its own."""

import contextlib
import dataclasses
import json
import os
import subprocess


@dataclasses.dataclass(frozen=True)
class Cores:
    """Which core the server stays on, and which the clients; none where there is only one."""
    server: int | None
    client: int | None


def choose_cores():
    cores = sorted(os.sched_getaffinity(0))
    return Cores(cores[0], cores[-1]) if len(cores) > 1 else Cores(None, None)


@dataclasses.dataclass(frozen=True)
class Server:
    plain_port: int
    tls_port: int
    ca: str

    def arguments(self, cell):
        if cell.tls:
            return ["--port", str(self.tls_port), "--tls", self.ca]
        return ["--port", str(self.plain_port)]


@contextlib.contextmanager
def running_server(build, cores):
    command = [str(build / "bench" / "bench_server")]
    if cores.server is not None:
        command += ["--core", str(cores.server)]
    # It ends when its input does, so even if this process is killed.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Server(**json.loads(process.stdout.readline()))
        process.stdin.close()
