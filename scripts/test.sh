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
need pocl-opencl-icd # an OpenCL device that needs no GPU
[ $all = 0 ] || need clang # which makes PTX of the kernels of devices
bash scripts/setup.sh

# native_tests BUILD_FOLDER CMAKE_ARGUMENT...
native_tests() {
  local folder=$1
  shift
  cmake -S . -B "$folder" -G Ninja -DFASTMERGE_GENERATED="$GENERATED" -DFASTMERGE_TESTS=ON "$@"
  cmake --build "$folder"
  ctest --test-dir "$folder" --output-on-failure --no-tests=error -j "$(nproc)" ${native[@]+"${native[@]}"}
}

aarch64_selftest() {
  local folder=artifacts/native-aarch64
  cmake -S . -B "$folder" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$PWD/native/cmake/aarch64.cmake" \
    -DCMAKE_BUILD_TYPE=Release -DFASTMERGE_GENERATED="$GENERATED" -DFASTMERGE_TESTS=ON
  cmake --build "$folder" --target fm_selftest
  qemu-aarch64 -L /usr/aarch64-linux-gnu "$(find "$folder" -name fm_selftest -type f)"
}

part "native tests" native_tests "$NATIVE"
native_summary=$(grep -E 'tests passed' <<<"$PART_LOG" || true)
if [ $all = 1 ]; then
  part "native tests, address and undefined sanitizers" native_tests artifacts/native-sanitized \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DFASTMERGE_SANITIZE=address,undefined -DFASTMERGE_GENERATED=
  need g++-aarch64-linux-gnu qemu-user
  part "aarch64 self-test, emulated" aarch64_selftest
fi

part "managed tests" dotnet test FastMerge.sln -c Release --no-build -v quiet -nologo \
  --logger "console;verbosity=minimal" \
  ${managed[@]+"${managed[@]}"}
managed_summary=$(grep -E '^(Passed|Failed)!' <<<"$PART_LOG" || true)
[ -n "$managed_summary" ] || die "managed tests: none ran"

say ""
say "native    $native_summary"
say "managed   $managed_summary"
say "all parts passed in $((SECONDS - started)) s"
