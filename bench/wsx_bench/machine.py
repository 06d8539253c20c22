"""What a reader has to know about the machine."""

import datetime
import json
import os
import platform
import re
import shlex
import subprocess


def _first(path, pattern):
    with open(path, encoding="utf-8") as file:
        found = re.search(pattern, file.read(), re.MULTILINE)
    return found[1] if found else "unknown"


def _compiler(build):
    commands = json.loads((build / "compile_commands.json").read_text())
    words = [w for w in shlex.split(commands[0]["command"]) if not w.endswith("ccache")]
    return subprocess.run([words[0], "--version"], capture_output=True, text=True,
                          check=True).stdout.splitlines()[0]


def _options(build):
    options = json.loads((build / "meson-info" / "intro-buildoptions.json").read_text())
    return {o["name"]: o["value"] for o in options}


def describe_machine(build, cores):
    options = _options(build)
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": _first("/proc/cpuinfo", r"^model name\s*: (.*)$"),
        "cores": os.cpu_count(),
        "kernel": f"{platform.system()} {platform.release()}",
        "system": _first("/etc/os-release", r'^PRETTY_NAME="(.*)"$'),
        "compiler": _compiler(build),
        "build": f"-O{options['optimization']}",
        "pinned": cores.server is not None,
        "load_before": round(os.getloadavg()[0], 2),
    }
