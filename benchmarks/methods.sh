#!/usr/bin/env bash
# The passes of every method next to memcpy, on all processors. Build first (scripts/build.sh).
source "$(dirname "$0")/lib.sh"

{
  heading "The passes of the methods next to memcpy"
  printf '```\n'
  "$PROGRAM" bench --threads "$(nproc)" --quiet
  printf '```\n'
} | tee "$(result_file methods)"
say "written   $(result_file methods)"
