#!/usr/bin/env python3
"""Runs the tests against real servers. Usage: run.py PROGRAM [ARGUMENT...]

Starts the servers, tells the program in its environment where they are, and stops them. With
WSX_INTEROP_LEAN=1 it does without those that Node.js and Go are needed for.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's python3-websockets is for
START_LIMIT = 60  # seconds
RUN_LIMIT = 840  # seconds: less than Meson's, so that the servers' logs are shown
SKIPPED = 77  # to Meson

COMMANDS = {
    "NODE": ["node", str(HERE / "ws_server.js"), "{port}"],
    "PYTHON": [SYSTEM_PYTHON, str(HERE / "websockets_server.py"), "{port}"],
    "LWS": ["libwebsockets-test-server", "--port={port}"],
}

# Servers that ping all the time, in the clear.
PINGING = {
    "TORNADO": [SYSTEM_PYTHON, str(HERE / "pinging/tornado_server.py"), "{port}"],
    "AIOHTTP": [SYSTEM_PYTHON, str(HERE / "pinging/aiohttp_server.py"), "{port}"],
    "UVICORN": [SYSTEM_PYTHON, str(HERE / "pinging/uvicorn_server.py"), "{port}"],
    "HYPERCORN": [SYSTEM_PYTHON, str(HERE / "pinging/hypercorn_server.py"), "{port}"],
    "GORILLA": ["{folder}/gorilla_server", "{port}"],
}

# Proxies: of HTTP, in the clear and within TLS, and of SOCKS 5, some of which want a password.
PROXY_USER = "me"
PROXY_PASSWORD = "secret"
PROXIES = {
    "SQUID": ["squid", "-N", "-f", "{folder}/squid.conf"],
    "TINYPROXY": ["tinyproxy", "-d", "-c", "{folder}/tinyproxy.conf"],
    "DANTE": ["danted", "-f", "{folder}/danted.conf", "-p", "{folder}/danted.pid"],
    "MICROSOCKS": ["microsocks", "-i", "127.0.0.1", "-p", "{port}"]
    + ["-u", PROXY_USER, "-P", PROXY_PASSWORD],
}

# Servers that demand a client's certificate, in front of a server in the clear.
NGINX_DEMANDS = """
    ssl_client_certificate {folder}/ca.pem;
    ssl_verify_client on;
    ssl_protocols {version};
"""
STUNNEL_CONFIG = """
foreground = yes
pid =
syslog = no
[echo]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{behind}
cert = {folder}/server.pem
key = {folder}/server.key
CAfile = {folder}/ca.pem
verifyChain = yes
sslVersionMin = {version}
"""

# Started by root it becomes another user.
SQUID_CONFIG = """
http_port 127.0.0.1:{port}
https_port 127.0.0.1:{tls_port} tls-cert={folder}/server.pem tls-key={folder}/server.key
auth_param basic program /usr/lib/squid/basic_ncsa_auth {folder}/squid.users
auth_param basic children 1
acl users proxy_auth REQUIRED
http_access allow users
http_access deny all
cache deny all
pid_filename none
netdb_filename none
access_log none
cache_log /dev/null
coredump_dir {folder}
pinger_enable off
"""

TINYPROXY_CONFIG = """
Port {port}
Listen 127.0.0.1
Timeout 600
Allow 127.0.0.1
LogLevel Warning
"""

DANTE_CONFIG = """
logoutput: stderr
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass {{ from: 127.0.0.1/32 to: 0.0.0.0/0 }}
socks pass {{ from: 127.0.0.1/32 to: 0.0.0.0/0 }}
"""

# What takes long to install: npm alone is hundreds of packages.
HEAVY = ("NODE", "GORILLA")
LEAN = os.environ.get("WSX_INTEROP_LEAN") == "1"

# The modules of Python that the servers are made with, and their packages.
MODULES = {
    "websockets": "python3-websockets",
    "tornado": "python3-tornado",
    "aiohttp": "python3-aiohttp",
    "uvicorn": "python3-uvicorn",
    "wsproto": "python3-wsproto",
    "hypercorn": "python3-hypercorn",
}

GO_PACKAGES = Path("/usr/share/gocode")  # where Debian's lie
GORILLA = GO_PACKAGES / "src/github.com/gorilla/websocket"

NGINX_CONFIG = """
daemon off;
master_process off;
pid {folder}/{name}.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  ssl_certificate {folder}/server.pem;
  ssl_certificate_key {folder}/server.key;
{fronts}
}}
"""

# RFC 6455 1.3: the hop by hop headers of an upgrade are for each proxy to pass on.
NGINX_FRONT = """
  server {{
    listen 127.0.0.1:{port} ssl;{more}
    location /moved {{ return 301 /; }}
    location / {{
      proxy_pass http://127.0.0.1:{behind};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "Upgrade";
    }}
  }}
"""


class Failure(Exception):
    """Why the tests could not run."""


def wanted(commands):
    """Those of the servers that are to be started."""
    return {name: command for name, command in commands.items() if not (LEAN and name in HEAVY)}


def missing_programs():
    programs = {
        "nginx": "nginx-light",
        "libwebsockets-test-server": "libwebsockets-test-server",
        "openssl": "openssl",
        "squid": "squid",
        "stunnel": "stunnel4",
        "tinyproxy": "tinyproxy-bin",
        "danted": "dante-server",
        "microsocks": "microsocks",
    }
    if not LEAN:
        programs |= {"node": "nodejs", "go": "golang-go"}
        if not (HERE / "node_modules/ws").is_dir():
            yield f"the npm package ws is missing: run `npm ci` in {HERE}"
        if not GORILLA.is_dir():
            yield "Gorilla is missing: install the package golang-github-gorilla-websocket-dev"
    for name, package in programs.items():
        if shutil.which(name) is None:
            yield f"{name} is missing: install the package {package}"
    if not Path(SYSTEM_PYTHON).exists():
        yield f"{SYSTEM_PYTHON} is missing: install the package python3"
        return
    for module in missing_modules():
        yield f"The Python package {module} is missing: install the package {MODULES[module]}"


def missing_modules():
    """Of the system's Python, which need not be the one that runs this."""
    find = "import importlib.util, sys\n"
    find += "print(*(m for m in sys.argv[1:] if importlib.util.find_spec(m) is None))"
    command = [SYSTEM_PYTHON, "-c", find, *MODULES]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()


held = []  # the sockets of the ports that free_port gave


def free_port():
    """A port that nobody has. Below those that the kernel gives to outgoing connections: none of
    them can take it before the server does. Nor can anybody who asks by this function, here or in
    another process: the port stays bound, and only servers, which all set SO_REUSEADDR, can
    share it."""
    while True:
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", random.randrange(20000, 32000)))
        except OSError:
            holder.close()
            continue
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.append(holder)
        return holder.getsockname()[1]


class Server:
    """A server's process. Its output is kept for when the tests fail."""

    def __init__(self, folder, name, port, command):
        self.name = name
        self.port = port
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def wait_until_it_listens(self, deadline):
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self.try_to_connect()
                return
            except OSError:
                time.sleep(0.02)
        raise Failure(f"{self.name} does not listen on {self.port}")

    def try_to_connect(self):
        if isinstance(self.port, int):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.port)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def show_log(self):
        print(f"---- output of {self.name}", file=sys.stderr)
        print(self.log.read_text(errors="replace")[-10000:], file=sys.stderr)


def make_certificates(folder):
    """A CA, and certificates of a server and a client that it signed."""

    def request(name, subject, *more):
        subprocess.run(
            ["openssl", "req", "-x509", "-days", "2", "-nodes", "-subj", f"/CN={subject}"]
            + ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-keyout", f"{name}.key", "-out", f"{name}.pem", *more],
            cwd=folder,
            check=True,
            stderr=subprocess.DEVNULL,
        )

    request("ca", "wsx interop CA", "-addext", "keyUsage=critical,keyCertSign")
    request(
        "server",
        "localhost",
        *("-CA", "ca.pem", "-CAkey", "ca.key"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
    )
    request(
        "client",
        "wsx interop client",
        *("-CA", "ca.pem", "-CAkey", "ca.key"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
    )


def build_gorilla_server(folder):
    """Debian's Go packages are found without a module or a network."""
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": str(GO_PACKAGES)}
    environment["GOCACHE"] = str(folder / "go-cache")
    source = HERE / "pinging/gorilla_server.go"
    command = ["go", "build", "-o", str(folder / "gorilla_server"), str(source)]
    if subprocess.run(command, env=environment).returncode != 0:
        raise Failure("the Gorilla server does not compile")


class Fleet:
    """All servers."""

    def __init__(self, folder):
        self.folder = folder
        self.servers = []
        self.fronts = {}  # ports of nginx, each with the port of the server behind it
        self.environment = {}

    def start(self, name, command, port=None):
        port = port or free_port()
        command = [word.format(port=port, folder=self.folder) for word in command]
        self.servers.append(Server(self.folder, name, port, command))
        return self.servers[-1]

    def publish(self, name, url, server):
        """The process is for a test that kills the server."""
        self.environment[f"WSX_INTEROP_{name}"] = url
        self.environment[f"WSX_INTEROP_{name}_PROCESS"] = str(server.process.pid)

    def publish_clear(self, name, server):
        self.publish(name, f"ws://127.0.0.1:{server.port}/", server)

    def publish_behind_nginx(self, name, server):
        port = free_port()
        self.fronts[port] = server.port
        self.publish(name, f"wss://localhost:{port}/", server)

    def start_all(self):
        make_certificates(self.folder)
        self.environment["WSX_INTEROP_CA"] = str(self.folder / "ca.pem")
        if LEAN:
            self.environment["WSX_INTEROP_WITHOUT"] = " ".join(HEAVY)
        for name, command in wanted(COMMANDS).items():
            server = self.start(name, command)
            self.publish_clear(f"{name}_WS", server)
            self.publish_behind_nginx(f"{name}_WSS", server)
            # Two more for tests to kill.
            doomed = self.start(f"{name}_DOOMED_WS", command)
            self.publish_clear(doomed.name, doomed)
            doomed = self.start(f"{name}_DOOMED_WSS", command)
            self.publish_behind_nginx(doomed.name, doomed)
        # On a unix-domain socket.
        path = str(self.folder / "python.sock")
        server = self.start("PYTHON_UNIX", COMMANDS["PYTHON"], port=path)
        self.publish(server.name, f"ws+unix:{path}:/", server)
        if not LEAN:
            build_gorilla_server(self.folder)
        for name, command in wanted(PINGING).items():
            self.publish_clear(name, self.start(name, command))
        self.start_nginx("nginx", self.fronts)
        # Another for a test to kill, in front of the first server.
        doomed = self.start_nginx("NGINX_DOOMED", {free_port(): self.servers[0].port})
        self.publish(doomed.name, f"wss://localhost:{doomed.port}/", doomed)
        self.start_those_that_demand()
        self.start_proxies()

    def start_those_that_demand(self):
        """Servers that demand a client's certificate, and one of OpenSSL's own, without WebSocket."""
        self.environment["WSX_INTEROP_CLIENT"] = str(self.folder / "client")
        behind = next(s.port for s in self.servers if s.name == "PYTHON")
        for version in ("TLSv1.2", "TLSv1.3"):
            suffix = version[-1]
            more = NGINX_DEMANDS.format(folder=self.folder, version=version)
            nginx = self.start_nginx(f"NGINX_DEMANDS_{suffix}", {free_port(): behind}, more)
            self.publish(nginx.name, f"wss://localhost:{nginx.port}/", nginx)
            port = free_port()
            config = self.folder / f"stunnel_{suffix}.conf"
            config.write_text(
                STUNNEL_CONFIG.format(
                    port=port, behind=behind, folder=self.folder, version=version
                )
            )
            stunnel = self.start(f"STUNNEL_{suffix}", ["stunnel", str(config)], port=port)
            self.publish(stunnel.name, f"wss://localhost:{port}/", stunnel)
        command = ["openssl", "s_server", "-accept", "127.0.0.1:{port}", "-www", "-quiet"]
        command += ["-cert", "{folder}/server.pem", "-key", "{folder}/server.key"]
        command += ["-Verify", "1", "-verify_return_error", "-CAfile", "{folder}/ca.pem"]
        s_server = self.start("S_SERVER", command)
        self.publish(s_server.name, f"wss://localhost:{s_server.port}/", s_server)

    def start_proxies(self):
        self.folder.chmod(0o755)  # squid reads its files as another user
        (self.folder / "server.key").chmod(0o644)
        users = self.folder / "squid.users"
        hashed = subprocess.run(
            ["openssl", "passwd", "-apr1", PROXY_PASSWORD],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        users.write_text(f"{PROXY_USER}:{hashed}")
        tls_port = free_port()
        configs = {"SQUID": SQUID_CONFIG, "TINYPROXY": TINYPROXY_CONFIG, "DANTE": DANTE_CONFIG}
        names = {"SQUID": "squid", "TINYPROXY": "tinyproxy", "DANTE": "danted"}
        at = {}
        for name, command in PROXIES.items():
            port = free_port()
            if name in configs:
                text = configs[name].format(port=port, tls_port=tls_port, folder=self.folder)
                (self.folder / f"{names[name]}.conf").write_text(text)
            self.start(name, command, port=port)
            at[name] = f"127.0.0.1:{port}"
        user = f"{PROXY_USER}:{PROXY_PASSWORD}@"
        self.environment |= {
            "WSX_INTEROP_PROXY_SQUID": f"http://{user}{at['SQUID']}",
            "WSX_INTEROP_PROXY_SQUID_TLS": f"https://{user}127.0.0.1:{tls_port}",
            "WSX_INTEROP_PROXY_TINYPROXY": f"http://{at['TINYPROXY']}",
            "WSX_INTEROP_PROXY_DANTE": f"socks5h://{at['DANTE']}",
            "WSX_INTEROP_PROXY_MICROSOCKS": f"socks5h://{user}{at['MICROSOCKS']}",
        }

    def start_nginx(self, name, fronts, more=""):
        servers = "".join(
            NGINX_FRONT.format(port=p, behind=b, more=more) for p, b in fronts.items()
        )
        config = self.folder / f"{name}.conf"
        config.write_text(NGINX_CONFIG.format(folder=self.folder, name=name, fronts=servers))
        command = ["nginx", "-p", str(self.folder), "-e", "stderr", "-c", str(config)]
        return self.start(name, command, port=next(iter(fronts)))

    def wait_until_they_listen(self):
        deadline = time.monotonic() + START_LIMIT
        for server in self.servers:
            server.wait_until_it_listens(deadline)

    def stop(self):
        for server in self.servers:
            server.stop()

    def show_logs(self):
        for server in self.servers:
            server.show_log()


def run_tests(fleet, command):
    environment = os.environ | fleet.environment
    # What glibc keeps in a thread's cache it does not count as free: see process_usage_glibc.cpp.
    environment["GLIBC_TUNABLES"] = "glibc.malloc.tcache_count=0"
    try:
        return subprocess.run(command, env=environment, timeout=RUN_LIMIT).returncode
    except subprocess.TimeoutExpired:
        raise Failure(f"the tests took more than {RUN_LIMIT} s") from None


def run_with_servers(command):
    with tempfile.TemporaryDirectory(prefix="wsx-interop-") as folder:
        fleet = Fleet(Path(folder))
        result = 1
        try:
            fleet.start_all()
            fleet.wait_until_they_listen()
            result = run_tests(fleet, command)
        except Failure as failure:
            print(failure, file=sys.stderr)
        finally:
            fleet.stop()
            if result != 0:
                fleet.show_logs()
        return result


def main():
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin"  # where nginx is
    missing = list(missing_programs())
    for what in missing:
        print(what, file=sys.stderr)
    if missing:
        return SKIPPED if os.environ.get("WSX_INTEROP_SKIP_MISSING") == "1" else 1
    return 0 if run_with_servers(sys.argv[1:]) == 0 else 1


if __name__ == "__main__":
    # Meson ends a test that takes too long with SIGTERM: the servers are to be stopped then too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
