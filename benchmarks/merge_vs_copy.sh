#!/usr/bin/env bash
# A whole merge next to the least it must do: reading the inputs (cat to /dev/null) and writing a file of the
# output's size to the same place (cp onto a file that exists, then sync of that file). The two are interleaved, both
# replace files that exist, with a warm page cache; best of RUNS with the spread.
#
#   benchmarks/merge_vs_copy.sh [--size 1GB] [--runs 5] [--disk FOLDER] [--tmpfs FOLDER] [--methods "linear ties"]
#
# Writes benchmarks/results/merge_vs_copy-MACHINE.md. Build first (scripts/build.sh).
source "$(dirname "$0")/lib.sh"

SIZE=1GB
RUNS=5
DISK=$ROOT/artifacts
TMPFS=/dev/shm
METHODS="linear task_arithmetic slerp ties dare_ties"
while [ $# -gt 0 ]; do
  case $1 in
    --size) SIZE=$2 ;;
    --runs) RUNS=$2 ;;
    --disk) DISK=$2 ;;
    --tmpfs) TMPFS=$2 ;;
    --methods) METHODS=$2 ;;
    --name) NAME=$2 ;;
    *) say "what is $1?"; exit 2 ;;
  esac
  shift 2
done
[ -x "$PROGRAM" ] || die "$PROGRAM is missing; run scripts/build.sh"

# What a merge may take in times of the copy.
limit() { case $1 in linear | task_arithmetic | slerp) echo 1.5 ;; *) echo 2.0 ;; esac; }

recipe() {
  local method=$1 models=$2
  case $method in
    linear)
      printf 'merge_method: linear\nmodels:\n'
      for k in 1 2 3; do printf '  - {model: %s, parameters: {weight: 0.%d}}\n' "$models/tune$k" $((k + 1)); done
      ;;
    slerp)
      printf 'merge_method: slerp\nbase_model: %s\nmodels: [{model: %s}, {model: %s}]\nparameters: {t: 0.3}\n' \
        "$models/base" "$models/base" "$models/tune1"
      ;;
    *)
      printf 'merge_method: %s\nbase_model: %s\nmodels:\n' "$method" "$models/base"
      for k in 1 2 3; do
        printf '  - {model: %s, parameters: {weight: 0.%d' "$models/tune$k" $((k + 1))
        [ "$method" = task_arithmetic ] || printf ', density: 0.5'
        printf '}}\n'
      done
      ;;
  esac
}

inputs() {
  case $1 in
    linear) echo tune1 tune2 tune3 ;;
    slerp) echo base tune1 ;;
    *) echo base tune1 tune2 tune3 ;;
  esac
}

seconds() {
  local from=$EPOCHREALTIME
  "$@" >/dev/null 2>"$WORK/errors" || { cat "$WORK/errors" >&2; die "failed: $*"; }
  awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f\n", b - a }'
}

read_inputs() { cat "$@" >/dev/null; }

copy_once() {
  local source=$1 target=$2
  shift 2
  read_inputs "$@"
  cp --reflink=never "$source" "$target"
  sync "$target"
}

# best and spread of a column of numbers
summary() { sort -n | awk '{ v[NR] = $1 } END { printf "%.3f %.3f %.3f", v[1], v[int((NR + 1) / 2)], v[NR] }'; }

measure() {
  local method=$1 place=$2 files=() size
  for model in $(inputs "$method"); do files+=("$WORK"/models/"$model"/*.safetensors); done
  recipe "$method" "$WORK/models" >"$WORK/recipe.yml"
  "$PROGRAM" merge "$WORK/recipe.yml" "$WORK/out" --overwrite --quiet >/dev/null
  size=$(cat "$WORK"/out/*.safetensors | wc -c)
  : >"$WORK/copy.times"
  : >"$WORK/merge.times"
  head -c "$size" /dev/zero >"$WORK/copy"
  for _ in $(seq "$RUNS"); do
    seconds copy_once "$WORK/models/tune1/model.safetensors" "$WORK/copy" "${files[@]}" >>"$WORK/copy.times"
    seconds "$PROGRAM" merge "$WORK/recipe.yml" "$WORK/out" --overwrite --quiet >>"$WORK/merge.times"
  done
  local read_bytes copy merge
  read_bytes=$(cat "${files[@]}" | wc -c)
  copy=$(summary <"$WORK/copy.times")
  merge=$(summary <"$WORK/merge.times")
  awk -v m="$method" -v p="$place" -v c="$copy" -v g="$merge" -v bytes=$((read_bytes + size)) \
    -v l="$(limit "$method")" '
    BEGIN {
      split(c, a, " "); split(g, b, " ")
      printf "| %s | %s | %.2f | %.2f (%.2f, %.2f) | %.2f (%.2f, %.2f) | %.2f | %s | %.2f |\n",
        m, p, bytes / 1e9, a[1], a[2], a[3], b[1], b[2], b[3], b[1] / a[1], l, bytes / 1e9 / b[1]
    }'
  rm -rf "$WORK/out" "$WORK/copy"
}

run_place() {
  local place=$1
  WORK=$(mktemp -d "$2/merge_vs_copy.XXXXXX")
  trap 'rm -rf "$WORK"' EXIT
  "$TESTING" make-checkpoint "$WORK/models/base" --size "$SIZE" --shard-size 1TB >&2
  for k in 1 2 3; do
    "$TESTING" make-checkpoint "$WORK/models/tune$k" --size "$SIZE" --shard-size 1TB --fine-tune "$k" >&2
  done
  sync
  for method in $METHODS; do measure "$method" "$place" | tee -a "$TABLE"; done
  rm -rf "$WORK"
}

TABLE=$(mktemp)
run_place disk "$DISK"
run_place tmpfs "$TMPFS"
{
  heading "A merge next to a copy"
  printf 'Four bf16 models of %s, warm page cache, %d interleaved runs.\n' "$SIZE" "$RUNS"
  printf 'Copy: `cat` of the inputs to /dev/null, then `cp` and `sync` of a file of the size of the output.\n'
  printf 'Times in seconds: best (median, worst).\n\n'
  printf '| method | place | GB read + written | copy | merge | merge / copy | aim | GB/s |\n'
  printf '|---|---|---|---|---|---|---|---|\n'
  cat "$TABLE"
} >"$(result_file merge_vs_copy)"
rm -f "$TABLE"
say "written   $(result_file merge_vs_copy)"
