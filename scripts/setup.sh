#!/usr/bin/env bash
# Installs what this machine lacks (apt packages, the .NET SDK where apt has it) and builds everything.
# Running it again does nothing but an incremental build.
source "$(dirname "$0")/lib.sh"

need g++ cmake ninja-build libxxhash-dev libgtest-dev libbenchmark-dev libopenblas0-pthread strace

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
