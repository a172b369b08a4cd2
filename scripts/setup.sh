#!/usr/bin/env bash
# Installs what this machine lacks (apt packages, the .NET SDK where apt has it) and builds everything.
# Running it again does nothing but an incremental build.
source "$(dirname "$0")/lib.sh"

PACKAGES=(g++ cmake ninja-build libxxhash-dev libgtest-dev libbenchmark-dev strace)

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root to run: $*"
  fi
}

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

apt_install() {
  command -v apt-get >/dev/null || die "no apt-get here; install these by hand: $*"
  [ -n "$(find /var/lib/apt/lists -name '*_Packages*' -print -quit 2>/dev/null)" ] \
    || part "apt-get update" as_root apt-get update -qq
  part "apt-get install $*" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@"
}

missing=()
for package in "${PACKAGES[@]}"; do
  installed "$package" || missing+=("$package")
done
[ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"

# `dotnet --version` honours global.json: it fails when no installed SDK is new enough.
if ! dotnet --version >/dev/null 2>&1; then
  if apt-cache show dotnet-sdk-10.0 >/dev/null 2>&1; then
    apt_install dotnet-sdk-10.0
  else
    die "the .NET SDK 10.0.100 or later is needed (dotnet --list-sdks shows what is there);" \
      "see https://learn.microsoft.com/dotnet/core/install/linux"
  fi
fi

exec bash scripts/build.sh
