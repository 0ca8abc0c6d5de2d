#!/usr/bin/env bash
# What becomes of the commands of `exec` when the launcher ends before they do: nothing that they started is
# left, wherever it has gone. The plain cases are in exit_codes.sh.
# usage: exec_ends.sh WEIR
source "$(dirname "$0")/common.sh" "$1"
# How long something may still be there after the launcher has gone.
left_ms_max=10000

# Each job is a shell and three others: in its group, in a group of its own, in a session of its own. $1 is what
# the shell does first, for instance about TERM.
jobs_of_four() {
  printf '%s\nset -m\nsleep 60 &\nset +m\nsetsid sleep 60 &\nsleep 60 &\necho started >>log\nwait\n' "$1" >job.sh
}

# flow GRACE FLOW: ten of these jobs, two at once; with lines of [flow].
flow() {
  printf '[flow]\n%s\n[source]\nkind="range"\nlast=9\n[[stage]]\ntask="exec"\n' "$2"
  printf 'command=["bash","job.sh"]\nparallelism=2\ngrace="%s"\n[sink]\nkind="jsonl"\n' "$1"
}

running() { [ -e log ] && [ "$(wc -l <log)" -ge "$1" ]; }
four_each() { [ "$(marked_commands | wc -w)" -eq 8 ]; }
marked_commands() {
  local one
  for one in $(marked); do
    grep -qsx -e bash -e sleep "/proc/$one/comm" && echo "$one"
  done
}

# numbers_of FIELD: how many different ones the commands have; 5: groups, 6: sessions.
numbers_of() {
  local one
  for one in $(marked_commands); do
    cut -d' ' -f "$1" "/proc/$one/stat"
  done | sort -u | wc -l
}

# start_jobs: starts the flow, and waits until two jobs and all that they start run.
start_jobs() {
  start run flow.toml --report report.json >out 2>err
  until_true 10000 running 2 || fail "no two jobs have started"
  until_true 10000 four_each || fail "these run: $(marked_commands | tr '\n' ' ')"
  is groups "$(numbers_of 5)" 6
  is sessions "$(numbers_of 6)" "$((2 + $(job_sessions)))"
}

# The sessions that the jobs themselves are in: one for all, or one each.
job_sessions() {
  local one
  for one in $(marked_commands); do
    grep -qsx bash "/proc/$one/comm" && cut -d' ' -f 6 "/proc/$one/stat"
  done | sort -u | wc -l
}

# all_gone WHEN: what is left is named, and ended for the sake of the next test.
all_gone() {
  local begun left
  begun=$(now_ms)
  if until_true "$left_ms_max" none_left; then
    echo "  nothing left $1 after $(($(now_ms) - begun)) ms"
    return
  fi
  left=$(marked | tr '\n' ' ')
  fail "left $1: $left"
  # shellcheck disable=SC2086
  kill -KILL $left 2>/dev/null
  until_true "$left_ms_max" none_left
}

nothing_left() {
  all_gone "at the end"
  is "jobs started" "$(wc -l <log)" 2
}

end_of_weir() {
  wait "$pid" 2>/dev/null
  is "exit code" $? "$1"
}

kill_reaches_groups_and_sessions_of_their_own() {
  jobs_of_four "trap '' TERM"
  flow 60s '' >flow.toml
  start_jobs
  kill -KILL "$pid"
  end_of_weir 137
  nothing_left
}

# As `timeout -s KILL` and many a runner of builds do it.
kill_of_the_launchers_whole_group_leaves_nothing() {
  jobs_of_four "trap '' TERM"
  flow 60s '' >flow.toml
  set -m
  start run flow.toml >out 2>err
  set +m
  until_true 10000 running 2 || fail "no two jobs have started"
  until_true 10000 four_each || fail "these run: $(marked_commands | tr '\n' ' ')"
  kill -KILL -- "-$pid"
  end_of_weir 137
  nothing_left
}

# At any moment: jobs are started, end, and leave something behind.
kill_while_jobs_come_and_go_leaves_nothing() {
  # shellcheck disable=SC2016
  printf '[source]\nkind="range"\nlast=300\n[[stage]]\ntask="exec"\nshell=true\nparallelism=3\n%s\n[sink]\nkind="jsonl"\n' \
    'command="echo >>log; setsid sleep 60 >/dev/null 2>&1 & sleep 0.0$(($1 % 5)) & sleep 0.01"' >flow.toml
  local round delay
  for round in 1 2 3 4; do
    rm -f log
    start run flow.toml >out 2>err
    until_true 10000 running 3 || fail "round $round: no job has started"
    delay=0.$((RANDOM % 4))$((RANDOM % 10))
    sleep "$delay"
    kill -KILL "$pid"
    end_of_weir 137
    all_gone "in round $round, killed after $delay s,"
  done
  # What was being started when it was killed may have shown no mark.
  sleep 0.2
  none_left || fail "came to light later: $(marked)"
}

kill_within_the_grace_leaves_nothing() {
  # It stays in its trap: else it might end before this one looks.
  jobs_of_four "trap 'echo told >>told; sleep 60' TERM"
  flow 60s 'on_interrupt="cancel"
shutdown_timeout="60s"' >flow.toml
  start_jobs
  kill -INT "$pid"
  until_true 5000 test -s told || fail "no job was told to end"
  kill -0 "$pid" || fail "ended before the jobs"
  kill -KILL "$pid"
  end_of_weir 137
  nothing_left
}

# sigterm_twice: the second one within the grace of jobs that heed no TERM.
sigterm_twice() {
  local begun took
  start_jobs
  kill -TERM "$pid"
  until_true 5000 grep -q 'a second signal' err || fail "the first signal says nothing"
  # What comes sooner is taken for the echo of the first.
  sleep 0.3
  kill -0 "$pid" || fail "ended by the first signal"
  begun=$(now_ms)
  kill -TERM "$pid"
  end_of_weir 143
  took=$(($(now_ms) - begun))
  [ "$took" -le 1000 ] || fail "ended only after $took ms"
  nothing_left
}

the_second_sigterm_ends_a_drain_at_once() {
  jobs_of_four "trap '' TERM"
  flow 60s 'on_interrupt="drain"' >flow.toml
  sigterm_twice
}

the_second_sigterm_cuts_the_grace_short() {
  jobs_of_four "trap '' TERM"
  flow 60s 'on_interrupt="cancel"
shutdown_timeout="60s"' >flow.toml
  sigterm_twice
}

# canceled_by_sigint MIN_MS MAX_MS: comes to rest in this time, and all is canceled.
canceled_by_sigint() {
  local begun took
  start_jobs
  begun=$(now_ms)
  kill -INT "$pid"
  end_of_weir 130
  took=$(($(now_ms) - begun))
  echo "  at rest after $took ms"
  [ "$took" -ge "$1" ] && [ "$took" -le "$2" ] || fail "at rest after $took ms"
  balanced report.json
  is completed "$(number completed report.json)" 0
  is failed "$(number failed report.json)" 0
  is canceled "$(number canceled report.json)" 10
  grep -q '^failed: ' err && fail "a canceled job is called a failure"
  nothing_left
}

jobs_that_ignore_term_are_killed_after_the_grace() {
  jobs_of_four "trap '' TERM"
  flow 700ms 'on_interrupt="cancel"' >flow.toml
  canceled_by_sigint 650 4000
}

jobs_that_heed_term_have_time_to_clean_up() {
  jobs_of_four "trap 'sleep 0.3; echo cleaned >>cleaned; kill %3; exit' TERM"
  flow 30s 'on_interrupt="cancel"
shutdown_timeout="60s"' >flow.toml
  canceled_by_sigint 250 5000
  is "jobs that cleaned up" "$(wc -l <cleaned)" 2
}

try kill_reaches_groups_and_sessions_of_their_own
try kill_of_the_launchers_whole_group_leaves_nothing
try kill_while_jobs_come_and_go_leaves_nothing
try kill_within_the_grace_leaves_nothing
try the_second_sigterm_ends_a_drain_at_once
try the_second_sigterm_cuts_the_grace_short
try jobs_that_ignore_term_are_killed_after_the_grace
try jobs_that_heed_term_have_time_to_clean_up
finish
