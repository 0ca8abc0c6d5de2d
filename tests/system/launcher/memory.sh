#!/usr/bin/env bash
# The memory of a run does not grow with its jobs when its output is taken slowly (P3): the peak of JOBS jobs
# against that of 10,000, at the same capacity.
# usage: memory.sh WEIR [JOBS [PAUSE_SECONDS]], the pause after each 64 KiB that are read
source "$(dirname "$0")/common.sh" "$1"
jobs=${2:-200000} pause=${3:-0.01}
allowed_kib=$((32 * 1024))

# The time that the launcher has spent on a CPU, in ticks.
cpu_ticks() {
  local -a stat
  read -r -a stat <"/proc/$pid/stat" && echo $((stat[13] + stat[14]))
}

# Waits until the launcher has stood still for a while, as it must once nobody takes its output.
until_still() {
  local before='' now same=0
  local end=$(($(now_ms) + 120000))
  while [ "$same" -lt 3 ]; do
    sleep 0.1
    now=$(cpu_ticks 2>/dev/null) || return 1
    if [ "$now" = "$before" ]; then same=$((same + 1)); else same=0; fi
    before=$now
    [ "$(now_ms)" -lt "$end" ] || return 1
  done
}

# Reads standard input to its end, with a pause after each 64 KiB. That is a wait for what never comes: a
# process for each pause would take longer than the pause.
read_slowly() {
  local LC_ALL=C part
  exec 8<>never
  while IFS= read -r -N 65536 part || [ -n "$part" ]; do
    read -r -t "$pause" -u 8
  done
}

peak_kib() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$pid/status" 2>/dev/null; }

# run_slowly JOBS CAPACITY: sets `peak`, the most memory that the run had, in KiB.
run_slowly() {
  rm -f pipe never && mkfifo pipe never
  # Open for both at first, so that neither end waits for the other one.
  exec 7<>pipe
  start run "$config/squares.toml" --set source.last="$1" --set stage.capacity="$2" --report report.json \
    >pipe 2>err 7<&-
  exec 9<pipe 7<&-
  until_still || fail "$1 jobs at capacity $2: it never stands still though nobody reads"
  # Before it can have ended.
  peak=$(peak_kib)
  read_slowly <&9 &
  local reader=$! now
  exec 9<&-
  # Nothing once it has ended.
  while now=$(peak_kib) && [ -n "$now" ]; do
    peak=$now
    sleep 0.05
  done
  wait "$pid"
  is "exit code of $1 jobs" $? 0
  wait "$reader"
  is "completed of $1 jobs" "$(number completed report.json)" "$1"
  balanced report.json
  echo "  $1 jobs at capacity $2: $peak KiB"
  [ "${peak:-0}" -gt 0 ] || fail "no memory was seen"
}

more_jobs_take_no_more_memory() {
  run_slowly 10000 1024
  local few=$peak
  run_slowly "$jobs" 1024
  [ $((peak - few)) -le "$allowed_kib" ] || fail "$((peak - few)) KiB more for $jobs jobs than for 10,000"
}

# The twin: the measure sees it when jobs pile up.
jobs_that_may_pile_up_are_seen() {
  run_slowly 10000 1024
  local few=$peak
  run_slowly 200000 1000000
  [ $((peak - few)) -gt "$allowed_kib" ] || fail "only $((peak - few)) KiB more: the test shows little"
}

try more_jobs_take_no_more_memory
[ "$jobs" -gt 200000 ] && try jobs_that_may_pile_up_are_seen
finish
