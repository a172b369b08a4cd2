#!/usr/bin/env bash
# Set-up and the main job: makes a base and three fine-tunes (4 x 250 MB), merges them with TIES, inspects and
# verifies the result. Everything it makes is in artifacts/demo; FASTMERGE_DEMO_SIZE changes the size of a model.
source "$(dirname "$0")/lib.sh"

SIZE=${FASTMERGE_DEMO_SIZE:-250MB}
DEMO=artifacts/demo
started=$SECONDS

bash scripts/setup.sh

rm -rf "$DEMO"
mkdir -p "$DEMO"
cat >"$DEMO/ties.yml" <<RECIPE
merge_method: ties
base_model: $DEMO/base
models:
  - model: $DEMO/tune1
    parameters: {weight: 0.5, density: 0.3}
  - model: $DEMO/tune2
    parameters: {weight: 0.3, density: 0.5}
  - model: $DEMO/tune3
    parameters: {weight: 0.2, density: 0.7}
parameters:
  normalize: true
out_dtype: bfloat16
RECIPE

make_models() {
  "$TESTING" make-checkpoint "$DEMO/base" --size "$SIZE" --shard-size 100MB
  for k in 1 2 3; do
    "$TESTING" make-checkpoint "$DEMO/tune$k" --size "$SIZE" --shard-size 100MB --fine-tune $k
  done
}

# timed LABEL COMMAND...: shows a command, its output and its time.
timed() {
  local label=$1 from=$EPOCHREALTIME
  shift
  say ""
  say "\$ fastmerge $*"
  "$PROGRAM" "$@" || die "$label failed (exit $?)"
  timings+=("$(printf '%-8s %6.2f s' "$label" "$(seconds_since "$from")")")
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'; }

part "four models of $SIZE" make_models
timings=()
timed plan plan "$DEMO/ties.yml" "$DEMO/merged"
timed merge merge "$DEMO/ties.yml" "$DEMO/merged" --shard-size 100MB
timed inspect inspect "$DEMO/merged" --quiet
timed verify verify "$DEMO/merged"

say ""
printf '%s\n' "${timings[@]}" >&2
say ""
say "recipe    $DEMO/ties.yml"
say "result    $DEMO/merged"
say "all done in $((SECONDS - started)) s"
