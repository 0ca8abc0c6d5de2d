#!/usr/bin/env bash
# What the launcher does when the machine gives out, or when it is killed at any moment.
# usage: hard_times.sh WEIR KILLS
source "$(dirname "$0")/common.sh" "$1"
kills=$2

# Some hundred files, so that a run takes some tens of milliseconds.
make_tree() {
  local i
  mkdir tree
  for ((i = 0; i < 300; ++i)); do
    head -c $((i * 997 % 65536)) /dev/zero >"tree/$i"
  done
}

checksum() { "$weir" run "$config/checksum.toml" --set source.root=tree --quiet "$@"; }

killed_at_any_moment_a_run_leaves_the_old_file_or_the_whole_new_one() {
  make_tree
  checksum >whole
  local begun run_us us i whole_new=0 old=0
  begun=${EPOCHREALTIME/./}
  checksum >/dev/null
  run_us=$((${EPOCHREALTIME/./} - begun))
  for ((i = 0; i < kills; ++i)); do
    echo old >to
    start run "$config/checksum.toml" --set source.root=tree --set sink.path=to --quiet 2>>err
    # From the first instruction to a moment after the end.
    us=$(((RANDOM * 32768 + RANDOM) % (run_us + run_us / 8)))
    sleep "$(printf '%d.%06d' $((us / 1000000)) $((us % 1000000)))"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    if [ "$(cat to)" = old ]; then
      old=$((old + 1))
    elif cmp -s <(sort to) <(sort whole); then
      whole_new=$((whole_new + 1))
    else
      fail "kill $i: the file is neither the old one nor the whole new one"
      return
    fi
    until_true 10000 none_left || fail "kill $i: left: $(marked)"
  done
  echo "  $kills kills within $run_us us: $old times the old file, $whole_new times the new one"
  [ "$old" -gt 0 ] || fail "no run was killed before its end"
  # What a killed run has left is in nobody's way.
  checksum --set sink.path=to 2>>err
  is "exit code after all kills" $? 0
  cmp -s <(sort to) <(sort whole) || fail "the file is not whole after all kills"
}

# On a file system of its own, where this may be made; one of a few pages.
a_full_disk_loses_nothing_that_was_there() {
  make_tree
  mkdir small
  cat >within.sh <<'INNER'
mount -t tmpfs -o size=16k none small || exit 77
echo old >small/to
"$@" --set sink.path=small/to --report small/report.json 2>err
echo $? >code
cp small/to after
INNER
  unshare --user --map-root-user --mount bash within.sh \
    "$weir" run "$config/checksum.toml" --set source.root=tree --progress never 2>said
  if [ ! -e code ]; then
    echo "  no file system may be mounted here: skipped"
    : >err
    return
  fi
  is "exit code" "$(cat code)" 1
  is "the old file" "$(cat after)" old
  says err "No space left on device"
}

# ends_well CODE...: the last run, whose report is in report.json, came to one of these ends, with its books.
ends_well() {
  local code=$1
  shift
  case " $* " in *" $code "*) ;; *) fail "exit code $code instead of one of: $*" ;; esac
  # Without one it says why: it has started nothing, or the report could not be written.
  if [ -e report.json ]; then balanced report.json; else grep -qE '^(weir|report): ' err || fail "no report, and no reason"; fi
}

with_few_descriptors_a_run_fails_by_name_or_goes_on_with_fewer() {
  make_tree
  local limit code
  for limit in 4 6 8 10 12 16 24; do
    rm -f report.json
    (
      ulimit -n "$limit"
      exec timeout 60 "$weir" run "$config/checksum.toml" --set source.root=tree --report report.json
    ) >out 2>err
    code=$?
    # Too few to load the libraries: that is not the launcher's word.
    grep -q "error while loading shared libraries" err && continue
    ends_well "$code" 0 1 2
    [ "$code" = 0 ] || grep -q "Too many open files" err || fail "limit $limit: it does not say why"
    [ "$code" = 0 ] && is "lines at limit $limit" "$(wc -l <out)" 300
  done
  is "exit code at the last limit" "$code" 0
}

many_commands_with_few_descriptors_each_have_an_outcome() {
  printf '[source]\nkind="range"\nlast=199\n[[stage]]\ntask="exec"\ncommand=["true"]\nparallelism=8\n[sink]\nkind="jsonl"\n' >flow.toml
  (
    ulimit -n 24
    exec timeout 100 "$weir" run flow.toml --report report.json >out 2>err
  )
  ends_well $? 0 1
  is "outcomes" "$(($(number completed report.json) + $(number failed report.json)))" 200
}

# Where memory ends the process may end too, but it says so, and does not wait for ever.
without_memory_a_run_says_so_or_goes_on() {
  make_tree
  local mib code
  for mib in 24 48 64 96 160 320 2000; do
    rm -f report.json
    (
      prlimit --as=$((mib * 1024 * 1024)) timeout 60 "$weir" run "$config/checksum.toml" --set source.root=tree \
        --set 'stage.parallelism=8' --report report.json
    ) >out 2>err
    code=$?
    [ "$code" = 124 ] && fail "at $mib MiB it does not come to an end"
    [ "$code" = 0 ] && is "lines at $mib MiB" "$(wc -l <out)" 300
    [ "$code" = 0 ] || [ -s err ] || fail "at $mib MiB it ends with $code and does not say why"
    # Where it could start nothing there is nothing to report.
    [ -s report.json ] && balanced report.json
    echo "  $mib MiB: exit code $code"
  done
  is "exit code at the last limit" "$code" 0
}

closed_streams_are_no_reason_to_hang() {
  timeout 30 "$weir" run "$config/squares.toml" --report report.json >&- 2>err
  is "exit code without stdout" $? 1
  timeout 30 "$weir" run "$config/squares.toml" --report report.json >out 2>&-
  is "exit code without stderr" $? 0
  is "lines without stderr" "$(wc -l <out)" 10
  timeout 30 "$weir" run "$config/squares.toml" --report report.json >out 2>err <&-
  is "exit code without stdin" $? 0
  is "lines without stdin" "$(wc -l <out)" 10
  balanced report.json
}

signals_in_bursts_end_a_run_and_leave_nothing() {
  printf '[flow]\n[source]\nkind="range"\nlast=1000000\n[[stage]]\ntask="exec"\ncommand=["sleep","0.01"]\nparallelism=2\n[sink]\nkind="jsonl"\n' >flow.toml
  local round code i
  for round in 1 2 3 4 5; do
    start run flow.toml >out 2>err
    until_true 10000 test -s out || fail "round $round: no job has ended"
    for ((i = 0; i < 40; ++i)); do
      kill -QUIT "$pid"
      kill -WINCH "$pid"
    done 2>/dev/null
    for ((i = 0; i < 40; ++i)); do
      kill -INT "$pid" && kill -TERM "$pid" && kill -QUIT "$pid"
    done 2>/dev/null
    wait "$pid"
    code=$?
    # The second one has ended it at once, without a report.
    [ "$code" = 130 ] || [ "$code" = 143 ] || fail "round $round: exit code $code"
    until_true 10000 none_left || fail "round $round: left: $(marked)"
    rm -f out
  done
}

try killed_at_any_moment_a_run_leaves_the_old_file_or_the_whole_new_one
try a_full_disk_loses_nothing_that_was_there
try with_few_descriptors_a_run_fails_by_name_or_goes_on_with_fewer
try many_commands_with_few_descriptors_each_have_an_outcome
try without_memory_a_run_says_so_or_goes_on
try closed_streams_are_no_reason_to_hang
try signals_in_bursts_end_a_run_and_leave_nothing
finish
