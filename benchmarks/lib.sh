# Shared by the benchmark scripts; sourced, not run.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

NAME=$(uname -m)-$(nproc)cpu

result_file() { echo "$ROOT/benchmarks/results/$1-$NAME.md"; }

# The heading of a result: what, and on what machine.
heading() {
  printf '# %s\n\n' "$1"
  printf '%s, %d processors, Linux %s, %s\n\n' \
    "$(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo)" "$(nproc)" "$(uname -r)" "$(date +%Y-%m-%d)"
}
