#!/usr/bin/env bash
# Set-up and every fast test; --all adds the slow tiers. Stops at the first part that fails.
source "$(dirname "$0")/lib.sh"

all=0
for argument in "$@"; do
  case $argument in
    --all) all=1 ;;
    *) say "usage: scripts/test.sh [--all]"; exit 2 ;;
  esac
done

managed=(--filter 'Tier!=slow')
native=(-LE slow)
if [ $all = 1 ]; then
  managed=()
  native=()
fi

started=$SECONDS
bash scripts/setup.sh

part "native tests" ctest --test-dir "$NATIVE" --output-on-failure --no-tests=error \
  -j "$(nproc)" ${native[@]+"${native[@]}"}
native_summary=$(grep -E 'tests passed' <<<"$PART_LOG" || true)

part "managed tests" dotnet test FastMerge.sln -c Release --no-build -v quiet -nologo \
  ${managed[@]+"${managed[@]}"}
managed_summary=$(grep -E '^(Passed|Failed)!' <<<"$PART_LOG" || true)
[ -n "$managed_summary" ] || die "managed tests: none ran"

say ""
say "native    $native_summary"
say "managed   $managed_summary"
say "all parts passed in $((SECONDS - started)) s"
