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
# Only what differs is copied, and is new then: so also what an earlier call has left patched is built again.
cd -- "$source_dir" || exit 70
while IFS= read -r -d '' file; do
  [[ -f $file ]] || continue
  cmp -s -- "$file" "$tree/$file" || install -D -m "$(stat -c %a -- "$file")" -- "$file" "$tree/$file"
done < <(git ls-files -z --cached --others --exclude-standard)
while IFS= read -r -d '' file; do
  [[ -f $file ]] || rm -- "$tree/$file"
done < <(cd -- "$tree" && find . -type f -print0)

names=("$@")
if ((${#names[@]} == 0)); then
  for patch in "$source_dir"/tests/simulation/mutants/*.patch; do
    names+=("$(basename -- "$patch" .patch)")
  done
fi

log=$work/log
build_it() { ninja -C "$build" -j "${WEIR_JOBS:-$(nproc)}" simulation_test >"$log" 2>&1; }
# Boost's program ends with 201 when a test has failed.
run_it() {
  WEIR_STOP_EARLY=1 WEIR_SCHEDULES=$1 timeout 900 "$build/tests/simulation/simulation_test" \
    --color_output=no >"$log" 2>&1
}
# What a scenario has found, on one line; a crash is a finding too.
finding() { grep -m 1 -oE 'in "[a-z0-9_]+": (seed [0-9]+: .*|memory access violation.*)' -- "$log"; }

cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release --log-level=WARNING >"$log" 2>&1 && build_it || {
  tail -n 20 -- "$log" >&2
  exit 70
}
if ! run_it $((schedules / 10)); then
  printf 'without a planted bug there is a finding already:\n'
  tail -n 40 -- "$log"
  exit 70
fi

found=0 left=()
for name in "${names[@]}"; do
  patch=$source_dir/tests/simulation/mutants/$name.patch
  if ! patch -s -F0 -p1 -d "$tree" <"$patch" >"$log"; then
    printf '%s: does not apply any more\n' "$name"
    exit 70
  fi
  if ! build_it; then
    printf '%s: does not build\n' "$name"
    grep -m 5 -A 3 'error:' -- "$log"
    left+=("$name")
  else
    # Most are found early: the scenarios that know nothing of it need not look at all of theirs then.
    for part in 20 1; do
      run_it $((schedules / part))
      code=$?
      ((code == 0)) || break
    done
    if ((code == 201)) && text=$(finding); then
      ((++found))
      printf '%s: found %s\n' "$name" "$text"
    else
      left+=("$name")
      case $code in
        0) printf '%s: NOT FOUND in %s schedules of each scenario\n' "$name" "$schedules" ;;
        124) printf '%s: the time was over\n' "$name" ;;
        *) printf '%s: ended with %s: %s\n' "$name" "$code" "$(tail -n 1 -- "$log")" ;;
      esac
    fi
  fi
  patch -s -R -F0 -p1 -d "$tree" <"$patch" || exit 70
done
printf '%d of %d planted bugs found\n' "$found" "${#names[@]}"
((${#left[@]} == 0))
