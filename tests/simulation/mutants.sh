#!/usr/bin/env bash
# usage: mutants.sh SOURCE_DIR WORK_DIR [NAME...]
# Plants each bug of mutants/*.patch (or those named) in a copy of the sources, one at a time, and lets the
# simulation look for it in WEIR_SCHEDULES schedules (100000) of each of its scenarios. Prints a line for each
# and the score; fails if one is not found, or no longer applies.
set -uo pipefail

source_dir=$(readlink -f -- "$1")
work=$2
shift 2
schedules=${WEIR_SCHEDULES:-100000}
tree=$work/tree build=$work/build
mkdir -p -- "$tree" "$build"
rm -rf -- "$tree"
mkdir -p -- "$tree"
(cd -- "$source_dir" && git ls-files -z --cached --others --exclude-standard) |
  (cd -- "$source_dir" && xargs -0 cp --parents -p -t "$tree" 2>/dev/null)

names=("$@")
if ((${#names[@]} == 0)); then
  for patch in "$source_dir"/tests/simulation/mutants/*.patch; do
    names+=("$(basename -- "$patch" .patch)")
  done
fi

log=$work/log
build_it() { ninja -C "$build" -j "${WEIR_JOBS:-$(nproc)}" simulation_test >"$log" 2>&1; }
run_it() { WEIR_STOP_EARLY=1 WEIR_SCHEDULES=$schedules timeout 600 "$build/tests/simulation/simulation_test" --color_output=no >"$log" 2>&1; }

cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release --log-level=WARNING >"$log" 2>&1 && build_it || {
  tail -n 20 -- "$log" >&2
  exit 70
}

found=0 left=()
for name in "${names[@]}"; do
  patch=$source_dir/tests/simulation/mutants/$name.patch
  if ! patch -s -p1 -d "$tree" <"$patch"; then
    printf '%s: does not apply any more\n' "$name"
    left+=("$name")
    continue
  fi
  if ! build_it; then
    printf '%s: does not build\n' "$name"
    tail -n 5 -- "$log"
    left+=("$name")
  elif run_it; then
    printf '%s: NOT FOUND in %s schedules of each scenario\n' "$name" "$schedules"
    left+=("$name")
  else
    ((++found))
    printf '%s: found: %s\n' "$name" "$(grep -m 1 -oE 'in "[a-z_]+": (seed [0-9]+: .*|.*)' -- "$log" || tail -n 1 -- "$log")"
  fi
  patch -s -R -p1 -d "$tree" <"$patch"
done
printf '%d of %d planted bugs found\n' "$found" "${#names[@]}"
((${#left[@]} == 0))
