#!/usr/bin/env bash
# Builds the managed projects, the generated kernels, the native library and artifacts/fastmerge.
source "$(dirname "$0")/lib.sh"

MSBUILD_QUIET=(-c Release -v quiet -nologo -clp:NoSummary)

generate_kernels() {
  src/FastMerge.KernelGen/bin/Release/net10.0/FastMerge.KernelGen --out "$GENERATED"
}

build_native() {
  # A folder that was copied from elsewhere would build in the place it comes from.
  if [ -f "$NATIVE/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$ROOT" "$NATIVE/CMakeCache.txt"; then
    rm -rf "$NATIVE"
  fi
  [ -f "$NATIVE/build.ninja" ] || cmake -S . -B "$NATIVE" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DFASTMERGE_GENERATED="$GENERATED"
  cmake --build "$NATIVE"
}

# OpenBLAS and what it needs go beside the library, so that the program folder computes matrices anywhere.
bundle_blas() {
  local name file
  for name in libopenblas.so.0 libgfortran.so.5 libquadmath.so.0; do
    file=$(ldconfig -p | awk -v name="$name" '$1 == name && /x86-64/ { print $NF; exit }')
    [ -n "$file" ] || { echo "$name is not installed: scripts/setup.sh installs it"; return 1; }
    cmp -s "$file" "artifacts/fastmerge/$name" || cp -fL --remove-destination "$file" "artifacts/fastmerge/$name"
  done
}

publish() {
  dotnet publish src/FastMerge.Cli "${MSBUILD_QUIET[@]}" --no-restore -r linux-x64 --self-contained \
    -p:PublishReadyToRun=true -o artifacts/fastmerge
  # The program is called fastmerge; its start file carries the name of the assembly it loads.
  mv -f artifacts/fastmerge/FastMerge.Cli artifacts/fastmerge/fastmerge
  # Renamed into place: a program that starts or runs meanwhile has the old library or the new one, never a part.
  cp -f "$NATIVE/libfastmerge_native.so" artifacts/fastmerge/.libfastmerge_native.so
  mv -f artifacts/fastmerge/.libfastmerge_native.so artifacts/fastmerge/libfastmerge_native.so
  cp -f --remove-destination LICENSE NOTICE artifacts/fastmerge/
  bundle_blas
}

part "kernel generator" dotnet build src/FastMerge.KernelGen "${MSBUILD_QUIET[@]}"
part "kernel text" generate_kernels

# The two compilers leave processors idle in different phases. The native build is a process group of its own, so that
# nothing of it goes on when the managed build fails.
set -m
(part "native build" build_native) &
native=$!
set +m
trap 'kill -- -$native 2>/dev/null || true' EXIT
part "managed build" dotnet build FastMerge.sln "${MSBUILD_QUIET[@]}"
wait $native || exit 1
trap - EXIT

part "program folder" publish

say "program   $PROGRAM"
say "library   $NATIVE/libfastmerge_native.so"
