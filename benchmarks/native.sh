#!/usr/bin/env bash
# The native kernels next to memcpy. Build first (scripts/build.sh).
source "$(dirname "$0")/lib.sh"

build() {
  cmake -S . -B "$NATIVE" -G Ninja -DFASTMERGE_GENERATED="$GENERATED" -DFASTMERGE_BENCHMARKS=ON
  cmake --build "$NATIVE"
}

part "native build" build
{
  heading "Kernels next to memcpy"
  printf '```\n'
  "$NATIVE/benchmarks/native/fm_bench" "$@"
  printf '```\n'
} | tee "$(result_file native)"
say "written   $(result_file native)"
