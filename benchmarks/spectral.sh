#!/usr/bin/env bash
# Spectral methods on whole matrices next to LAPACK's SVD of the same library. Build first (scripts/build.sh).
# Arguments are passed on: shapes, --times N, --threads N, --reference.
source "$(dirname "$0")/lib.sh"

build() {
  cmake -S . -B "$NATIVE" -G Ninja -DFASTMERGE_GENERATED="$GENERATED" -DFASTMERGE_BENCHMARKS=ON
  cmake --build "$NATIVE" --target fm_bench_spectral
}

part "native build" build
{
  heading "Spectral methods next to an SVD"
  "$NATIVE/benchmarks/native/linalg/fm_bench_spectral" "$@"
} | tee "$(result_file spectral)"
say "written   $(result_file spectral)"
