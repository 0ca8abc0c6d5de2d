#!/usr/bin/env bash
# What the launcher ends with, and how it comes to rest: config/file_processor.toml, the exit codes, signals.
# usage: exit_codes.sh WEIR
source "$(dirname "$0")/common.sh" "$1"

# numbers LAST STAGE FLOW: a flow of the numbers from 1, with the lines of its stage and of its [flow].
numbers() {
  printf '[flow]\n%s\n[source]\nkind="range"\nfirst=1\nlast=%s\n[[stage]]\n%s\n[sink]\nkind="jsonl"\n' "$3" "$1" "$2"
}

twenty_files_on_four_workers_end_as_the_config_says() {
  local begun took
  begun=$(now_ms)
  timeout 30 "$weir" run "$config/file_processor.toml" --report report.json >out 2>err
  is "exit code" $? 1
  took=$(($(now_ms) - begun))
  [ "$took" -ge 1400 ] && [ "$took" -le 4000 ] || fail "took $took ms"
  balanced report.json
  is completed "$(number completed report.json)" 18
  is "named failures" "$(grep -c '^failed: ' err)" 2
  grep -q '^failed: 7: ' err || fail "7 is not named"
  grep -q '^failed: 14: ' err || fail "14 is not named"
  says err "peak in flight 4 of 4"
  says report.json '"peak_running": 4'
  # One row for each, under a line of titles.
  is "rows" "$(wc -l <out)" 21
}

all_completed_is_0() {
  timeout 30 "$weir" run "$config/squares.toml" >out 2>err
  is "exit code" $? 0
  is lines "$(wc -l <out)" 10
}

a_failed_job_is_1() {
  numbers 3 $'task="sleep"\nmin="0s"\nfail_every=2' '' >flow.toml
  timeout 30 "$weir" run flow.toml >out 2>err
  is "exit code" $? 1
  says err "failed: 2: "
}

a_bad_file_and_a_bad_call_are_2() {
  echo '[flow' >flow.toml
  timeout 30 "$weir" run flow.toml >out 2>err
  is "exit code of a bad file" $? 2
  timeout 30 "$weir" run >out 2>err
  is "exit code without a file" $? 2
  timeout 30 "$weir" rum flow.toml >out 2>err
  is "exit code of a bad command" $? 2
  says err '"run"'
  [ -s out ] && fail "wrote to stdout"
}

what_would_be_written_over_by_mistake_is_2() {
  numbers 10 'task="square"' '' >flow.toml
  cp flow.toml before
  timeout 30 "$weir" run flow.toml --set sink.path=./flow.toml >out 2>err
  is "exit code where the sink is the flow file" $? 2
  says err 'the sink would write over the flow file "flow.toml"'
  timeout 30 "$weir" run flow.toml --report flow.toml >out 2>err
  is "exit code where the report is the flow file" $? 2
  timeout 30 "$weir" run flow.toml --set sink.path=same --report same >out 2>err
  is "exit code where both are one" $? 2
  cmp -s flow.toml before || fail "the flow file has changed"
  [ -e same ] && fail "something was written"
}

a_passed_deadline_is_3_and_its_cause_is_told() {
  numbers 100 $'task="sleep"\nmin="60s"\nparallelism=2' 'deadline="200ms"' >flow.toml
  local begun
  begun=$(now_ms)
  timeout 30 "$weir" run flow.toml --report report.json >out 2>err
  is "exit code" $? 3
  [ $(($(now_ms) - begun)) -lt 3000 ] || fail "took $(($(now_ms) - begun)) ms"
  balanced report.json
  says report.json '"code": "deadline_exceeded"'
  says err "ended early: "
  says report.json '"exit_code": 3'
}

# Whether $1 jobs have been started, as they say in the file "log".
running() { [ -e log ] && [ "$(wc -l <log)" -ge "$1" ]; }

ctrl_c_cancels_3000_queued_jobs_at_once() {
  numbers 3000 $'task="exec"\ncommand="echo {} >>log; exec sleep 60"\nshell=true\nparallelism=2\ncapacity=4000' \
    'on_interrupt="cancel"' >flow.toml
  start run flow.toml --report report.json >out 2>err
  until_true 10000 running 2 || fail "no job has started"
  # The source makes the rest of the 3,000 in a few milliseconds; the report says whether it had.
  sleep 0.3
  local begun took
  begun=$(now_ms)
  kill -INT "$pid"
  wait "$pid"
  is "exit code" $? 130
  took=$(($(now_ms) - begun))
  echo "  at rest $took ms after SIGINT with 3,000 jobs admitted"
  # 50 ms, and room for a machine that has other things to do and ends two processes.
  [ "$took" -le 3000 ] || fail "at rest only after $took ms"
  balanced report.json
  is admitted "$(number admitted report.json)" 3000
  is canceled "$(number canceled report.json)" 3000
  says err "ended early: SIGINT (signal)"
  says report.json '"why": "SIGINT"'
  says report.json '"exit_code": 130'
  grep -q '^failed: ' err && fail "a canceled job is called a failure"
  is "jobs started" "$(wc -l <log)" 2
  until_true 2000 none_left || fail "left: $(marked)"
  sleep 0.2
  is "jobs started in the end" "$(wc -l <log)" 2
}

sigterm_is_143() {
  numbers 10 $'task="exec"\ncommand="echo {} >>log; exec sleep 60"\nshell=true\nparallelism=2' 'on_interrupt="cancel"' >flow.toml
  start run flow.toml --report report.json >out 2>err
  until_true 10000 running 2 || fail "no job has started"
  kill -TERM "$pid"
  wait "$pid"
  is "exit code" $? 143
  balanced report.json
  says err "ended early: SIGTERM (signal)"
}

ctrl_c_drains_what_was_admitted() {
  numbers 1000000 $'task="exec"\ncommand="echo {} >>log; sleep 0.1"\nshell=true\nparallelism=2\ncapacity=8' \
    'on_interrupt="drain"' >flow.toml
  start run flow.toml --report report.json >out 2>err
  until_true 10000 running 4 || fail "no job has started"
  kill -INT "$pid"
  wait "$pid"
  is "exit code" $? 130
  balanced report.json
  local admitted
  admitted=$(number admitted report.json)
  [ "$admitted" -ge 8 ] && [ "$admitted" -lt 1000 ] || fail "$admitted admitted"
  is completed "$(number completed report.json)" "$admitted"
  is "lines of the sink" "$(wc -l <out)" "$admitted"
  is "jobs started" "$(wc -l <log)" "$admitted"
  says err "SIGINT: finishing what was admitted, for at most 10s; a second signal ends at once"
}

# timeout(1) sends its signal to the run, and then to the group in which the run is.
a_signal_that_comes_twice_at_once_is_one_wish() {
  numbers 1000000 $'task="exec"\ncommand="echo {} >>log; sleep 0.1"\nshell=true\nparallelism=2\ncapacity=8' \
    'on_interrupt="drain"' >flow.toml
  local round
  for round in 1 2 3; do
    rm -f log
    start run flow.toml --report report.json >out 2>err
    until_true 10000 running 4 || fail "round $round: no job has started"
    kill -TERM "$pid"
    kill -TERM "$pid"
    wait "$pid"
    is "exit code of round $round" $? 143
    [ -e report.json ] || fail "round $round: the run was ended at once"
    balanced report.json
    is completed "$(number completed report.json)" "$(number admitted report.json)"
    rm -f report.json
  done
  WEIR_TEST_MARK=$mark timeout 1 "$weir" run flow.toml --report report.json >out 2>err
  [ -e report.json ] || fail "timeout(1) has ended the run at once"
  says err "ended early: SIGTERM (signal)"
}

the_second_signal_ends_at_once_and_leaves_no_child() {
  numbers 10 $'task="exec"\ncommand="echo {} >>log; trap \'\' TERM; sleep 60 & setsid sleep 60; sleep 60"\nshell=true\nparallelism=2' \
    'on_interrupt="drain"' >flow.toml
  start run flow.toml --report report.json >out 2>err
  until_true 10000 running 2 || fail "no job has started"
  kill -INT "$pid"
  until_true 5000 grep -q 'a second signal' err || fail "the first signal says nothing"
  # What comes sooner is taken for the echo of the first.
  sleep 0.3
  local begun took
  begun=$(now_ms)
  kill -INT "$pid"
  wait "$pid"
  is "exit code" $? 130
  took=$(($(now_ms) - begun))
  [ "$took" -le 1000 ] || fail "ended only after $took ms"
  until_true 5000 none_left || fail "left: $(marked)"
  is "jobs started" "$(wc -l <log)" 2
}

nothing_is_left_when_the_launcher_is_killed() {
  numbers 10 $'task="exec"\ncommand="echo {} >>log; trap \'\' TERM; sleep 61 & setsid sh -c \'setsid sleep 62 & sleep 63\'; sleep 64"\nshell=true\nparallelism=2' '' >flow.toml
  start run flow.toml >out 2>err
  until_true 10000 running 2 || fail "no job has started"
  sleep 0.3
  local seen
  seen=$(marked | wc -l)
  [ "$seen" -ge 9 ] || fail "only $seen processes ran"
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null
  until_true 5000 none_left || fail "left: $(marked)"
}

try twenty_files_on_four_workers_end_as_the_config_says
try all_completed_is_0
try a_failed_job_is_1
try a_bad_file_and_a_bad_call_are_2
try what_would_be_written_over_by_mistake_is_2
try a_passed_deadline_is_3_and_its_cause_is_told
try ctrl_c_cancels_3000_queued_jobs_at_once
try sigterm_is_143
try ctrl_c_drains_what_was_admitted
try a_signal_that_comes_twice_at_once_is_one_wish
try the_second_signal_ends_at_once_and_leaves_no_child
try nothing_is_left_when_the_launcher_is_killed
finish
