#!/usr/bin/env bash
# The managed hot paths; --full for more iterations. Build first (scripts/build.sh).
source "$(dirname "$0")/lib.sh"

BENCHMARKS=benchmarks/FastMerge.Benchmarks/bin/Release/net10.0/FastMerge.Benchmarks
[ -x "$BENCHMARKS" ] || die "$BENCHMARKS is missing; run scripts/build.sh"
rm -rf artifacts/benchmarks
"$BENCHMARKS" "$@" >&2
{
  heading "Managed hot paths"
  # The runner's tables, without the block that describes the machine once more.
  separator=
  for report in artifacts/benchmarks/results/*-report-github.md; do
    printf '%s' "$separator"
    awk '/^\|/ { gsub(/\*\*/, ""); print }' "$report"
    separator=$'\n'
  done
} >"$(result_file managed)"
say "written   $(result_file managed)"
