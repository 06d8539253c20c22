# shellcheck shell=bash
# Shared by the scripts of this folder: installing what is missing, and building.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$PATH:/usr/sbin # where nginx is

# What the build needs: "command=package" for a tool, wherever it came from, else a package.
build_needs=(
  c++=g++ meson=meson ninja=ninja-build pkg-config=pkg-config
  doctest-dev libasio-dev libbenchmark-dev libc-ares-dev libcli11-dev libfmt-dev libidn2-dev libpsl-dev
  libsimdjson-dev libspdlog-dev libssl-dev libunistring-dev liburiparser-dev libwslay-dev
  prometheus-cpp-dev zlib1g-dev
)

# What the tests against real servers need: 50 small packages, and Node.js and Go, which take forty
# times the space.
server_needs=(
  nginx=nginx-light openssl=openssl
  squid=squid stunnel=stunnel4 tinyproxy=tinyproxy-bin danted=dante-server microsocks=microsocks
  ca-certificates libwebsockets-test-server
  python3-aiohttp python3-hypercorn python3-tornado python3-uvicorn python3-websockets
  python3-wsproto
)
heavy_server_needs=(
  node=nodejs npm=npm go=golang-go golang-github-gorilla-websocket-dev
)

say() { printf '==> %s\n' "$*"; }

durations=()

# part NAME COMMAND...: runs the command, and keeps how long it took.
part() {
  local name=$1 begin=$SECONDS status=0
  shift
  say "$name"
  "$@" || status=$?
  local took=$((SECONDS - begin))
  durations+=("$(printf '%3d min %02d s  %s' $((took / 60)) $((took % 60)) "$name")")
  return "$status"
}

# How long each part took.
say_durations() { printf '%s\n' "${durations[@]}"; }

has_apt() { command -v apt-get >/dev/null; }

is_here() {
  case $1 in
    *=*) command -v "${1%%=*}" >/dev/null ;;
    # Without apt nobody knows a package by this name: Meson looks for the library itself.
    *) ! has_apt || [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the arguments that aren't here; where it can't, says what to install and fails.
install_missing() {
  local need packages=()
  for need in "$@"; do
    is_here "$need" || packages+=("${need#*=}")
  done
  [ ${#packages[@]} -gt 0 ] || return 0

  if ! has_apt || { [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; }; then
    echo "Please install these, by the names they have on Debian and Ubuntu:" >&2
    echo "  ${packages[*]}" >&2
    return 1
  fi
  say "installing ${packages[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends "${packages[@]}"
}

# configure DIRECTORY [OPTION...]: sets a build directory up, or changes its options.
configure() {
  local directory=$1
  shift
  if [ -f "$directory/meson-private/coredata.dat" ]; then
    # What was missing last time may have been installed since.
    meson configure --clearcache "$directory"
    meson setup --reconfigure "$directory" "$@"
  else
    meson setup "$directory" "$@"
  fi
}

# Where wsx/config.hpp is, which Meson makes; sets a build directory up if there is none.
generated_headers() {
  local made
  for made in "$root"/build/include "$root"/build*/include; do
    [ -f "$made/wsx/config.hpp" ] && break
  done
  if [ ! -f "$made/wsx/config.hpp" ]; then
    (cd "$root" && configure build >&2)
    made=$root/build/include
  fi
  echo "$made"
}

# The newest clang that we know to be good: 16 is the oldest.
find_clang() {
  local version
  for version in 19 18 17 16; do
    if command -v "clang++-$version" >/dev/null; then
      echo "clang++-$version"
      return
    fi
  done
  return 1
}

# Without address space randomization, where that can be had: on some kernels the shadow memory of
# the sanitizers does not fit beside it.
unrandomized() {
  if setarch "$(uname -m)" -R true 2>/dev/null; then setarch "$(uname -m)" -R "$@"; else "$@"; fi
}
