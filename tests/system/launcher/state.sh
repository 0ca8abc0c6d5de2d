#!/usr/bin/env bash
# What a run says of itself when it is asked, and when it makes no progress.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

# A flow whose first two jobs wait until the file "go" is there.
waiting_flow() {
  cat <<TOML
[flow]
name = "waiting"
$1
[source]
kind = "range"
first = 1
last = ${2:-5}
[[stage]]
name = "wait"
task = "exec"
command = "echo {} >>log; until [ -e go ]; do sleep 0.05; done; echo done"
shell = true
parallelism = 2
[sink]
kind = "jsonl"
TOML
}

# Whether the state of the stage has been shown so often.
shown() { [ "$(grep -c '^stage "wait": 2 of 2 workers at work, ' err)" = "$1" ]; }

running() { [ -e log ] && [ "$(wc -l <log)" -ge "$1" ]; }

sigquit_shows_the_state_of_every_stage_and_the_run_goes_on() {
  waiting_flow "" >flow.toml
  start run flow.toml >out 2>err
  until_true 10000 running 2 || fail "no job has started"
  for asked in 1 2; do
    kill -QUIT "$pid"
    until_true 5000 shown "$asked" || fail "the state is not shown for question $asked"
  done
  says err 'waiting: 0/5 done'
  says err 'stage "wait": 2 of 2 workers at work, 3 queued, 5 of '
  grep -q '^  job 0 ("1") has been running for [0-9]' err || fail "job 0 is not named with its age"
  grep -q '^  job 1 ("2") has been running for [0-9]' err || fail "job 1 is not named with its age"
  touch go
  wait "$pid"
  is "exit code" $? 0
  is "lines of the sink" "$(wc -l <out)" 5
}

sigquit_is_answered_also_while_the_run_drains_and_where_nothing_else_is_shown() {
  waiting_flow "" 1000000 >flow.toml
  start run flow.toml --quiet >out 2>err
  until_true 10000 running 2 || fail "no job has started"
  kill -INT "$pid"
  kill -QUIT "$pid"
  until_true 5000 shown 1 || fail "the state is not shown"
  touch go
  wait "$pid"
  is "exit code" $? 130
}

a_run_without_progress_is_reported_with_its_jobs_and_goes_on() {
  waiting_flow 'stall_after = "1s"' >flow.toml
  start run flow.toml >out 2>err
  until_true 10000 running 2 || fail "no job has started"
  until_true 20000 grep -q 'no job has begun or ended for ' err || fail "the stall is not reported"
  says err 'stage "wait": 2 of 2 workers at work, 3 queued'
  says err 'job 0 ("1") has been running for '
  touch go
  wait "$pid"
  is "exit code" $? 0
}

try sigquit_shows_the_state_of_every_stage_and_the_run_goes_on
try sigquit_is_answered_also_while_the_run_drains_and_where_nothing_else_is_shown
try a_run_without_progress_is_reported_with_its_jobs_and_goes_on
finish
