# Shared by the scripts in this folder; sourced, not run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDDISABLENODEREUSE=1

NATIVE=$ROOT/artifacts/native
GENERATED=$ROOT/artifacts/generated
PROGRAM=$ROOT/artifacts/fastmerge/fastmerge
TESTING=$ROOT/tests/FastMerge.Testing/bin/Release/net10.0/FastMerge.Testing

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# part NAME COMMAND...: runs one part quietly; when it fails shows all it printed and names the part.
part() {
  local name=$1 started=$SECONDS log status
  shift
  log=$(mktemp)
  # A function called in a condition would not stop at its first failing command.
  set +e
  (set -e; "$@") >"$log" 2>&1
  status=$?
  set -e
  if [ $status = 0 ]; then
    say "$(printf '%-42s %4d s' "$name" $((SECONDS - started)))"
    PART_LOG=$(cat "$log")
    rm -f "$log"
  else
    cat "$log" >&2
    rm -f "$log"
    die "$name failed (exit $status)"
  fi
}

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

# need PACKAGE...: installs those that are missing.
need() {
  local missing=() package
  for package in "$@"; do
    installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
}
