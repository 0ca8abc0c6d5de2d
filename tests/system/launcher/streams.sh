#!/usr/bin/env bash
# What goes to which stream: stdout is only the sink's; and what becomes of a run whose output is not taken.
# usage: streams.sh WEIR
source "$(dirname "$0")/common.sh" "$1"

stdout_is_only_the_sinks() {
  timeout 30 "$weir" run "$config/squares.toml" --progress always >out 2>err
  is "exit code" $? 0
  is lines "$(wc -l <out)" 10
  is "lines of the sink" "$(grep -c '^{.*}$' out)" 10
  says err "squares: 10 completed, 0 failed, 0 canceled = 10 admitted; 10 offered, 0 rejected"
}

quiet_says_nothing_about_a_clean_run() {
  timeout 30 "$weir" run "$config/squares.toml" --quiet >out 2>err
  is "exit code" $? 0
  is lines "$(wc -l <out)" 10
  [ -s err ] && fail "stderr is not empty"
}

quiet_still_names_a_failure() {
  timeout 30 "$weir" run "$config/file_processor.toml" --quiet >out 2>err
  is "exit code" $? 1
  is "named failures" "$(grep -c '^failed: ' err)" 2
  is "lines on stderr" "$(wc -l <err)" 2
}

progress_always_writes_a_status_line_and_takes_it_away() {
  timeout 30 "$weir" run "$config/file_processor.toml" --progress always >out 2>err
  is "exit code" $? 1
  grep -qP '\r\e\[Kfile_processor: \d+/20 done, [\d.]+/s, \d failed, [1-4] in flight' err || fail "no status line"
  # The last thing that was done to it: it was taken away, and the summary follows on a line of its own.
  grep -qP '^(.*\e\[K)?file_processor: 18 completed' err || fail "the summary is not on a line of its own"
  grep -q $'\e' out && fail "the status line is on stdout"
}

# Each begins where the line is free: behind a line, or where the status line was taken away.
results_and_the_status_line_share_a_terminal() {
  timeout 60 script -qec "'$weir' run '$config/file_processor.toml' --set stage.min=50ms --set stage.max=60ms" /dev/null \
    </dev/null >screen
  is "exit code" $? 1
  tr -d '\r' <screen | sed 's/\x1b\[K/\n/g' >pieces
  is "results" "$(grep -cP '^ *\d+ +0\.0\d+$' pieces)" 18
  grep -P 'in flight.*0\.0\d+$' pieces >glued && fail "behind the status line: $(head -1 glued)"
  grep -q 'in flight' pieces || fail "there is no status line"
}

no_status_line_where_there_is_no_terminal_or_none_is_wanted() {
  timeout 30 "$weir" run "$config/file_processor.toml" >out 2>err
  grep -q $'[\e\r]' err && fail "control characters in a file"
  timeout 30 "$weir" run "$config/file_processor.toml" --progress never >out 2>err
  grep -q $'[\e\r]' err && fail "control characters though none is wanted"
}

a_closed_pipe_ends_the_run_cleanly() {
  (
    timeout 30 "$weir" run "$config/squares.toml" --set source.last=100000000 --report report.json 2>err
    echo $? >code
  ) | head -n 1 >out
  is "exit code" "$(cat code)" 3
  is lines "$(wc -l <out)" 1
  is line "$(cut -d, -f1 out)" '{"index":0'
  grep -q '^failed: ' err && fail "jobs that were not wanted are called failures"
  balanced report.json
  is failed "$(number failed report.json)" 0
  [ "$(number offered report.json)" -lt 100000000 ] || fail "all was read though nobody took it"
  says report.json '"code": "sink_closed"'
}

a_full_disk_is_an_error_with_its_reason() {
  timeout 30 "$weir" run "$config/squares.toml" --report report.json >/dev/full 2>err
  is "exit code" $? 1
  says err "No space left on device"
  balanced report.json
  grep -q '^failed: ' err && fail "a job is blamed"
  says report.json '"exit_code": 1'
}

a_report_that_cannot_be_written_is_not_success() {
  mkdir folder
  timeout 30 "$weir" run "$config/squares.toml" --report none/report.json >out 2>err
  is "exit code without the folder" $? 1
  says err "report: "
  says err "none/report.json"
  is lines "$(wc -l <out)" 10
  timeout 30 "$weir" run "$config/squares.toml" --report folder >out 2>err
  is "exit code where a folder is" $? 1
  timeout 30 "$weir" run "$config/squares.toml" --report /dev/full >out 2>err
  is "exit code on a full disk" $? 1
}

an_old_good_report_stays_when_the_new_one_cannot_be_written() {
  echo good >report.json
  # No file may be longer than 0 blocks, for the launcher alone: its streams go into pipes.
  (
    trap '' XFSZ
    ulimit -f 0
    exec timeout 30 "$weir" run "$config/squares.toml" --report report.json 2> >(cat >"$scratch/said" & wait)
  ) | cat >"$scratch/out_of_it"
  is "exit code" "${PIPESTATUS[0]}" 1
  is "the old report" "$(cat report.json)" good
  is "files beside it" "$(find . -type f ! -name report.json)" ./report.json.partial
}

a_file_of_the_sink_is_replaced_only_by_a_complete_run() {
  echo old >to
  timeout 30 "$weir" run "$config/squares.toml" --set sink.path=to >out 2>err
  is "exit code" $? 0
  is "lines of the file" "$(wc -l <to)" 10
  [ -s out ] && fail "wrote to stdout"
  timeout 30 "$weir" run "$config/file_processor.toml" --set sink.path=to --set flow.deadline=1s >out 2>err
  is "exit code past the deadline" $? 3
  is "lines of the file after a run that ended early" "$(wc -l <to)" 10
  [ -e to.partial ] || fail "what there was is not in to.partial"
}

try stdout_is_only_the_sinks
try quiet_says_nothing_about_a_clean_run
try quiet_still_names_a_failure
try progress_always_writes_a_status_line_and_takes_it_away
try results_and_the_status_line_share_a_terminal
try no_status_line_where_there_is_no_terminal_or_none_is_wanted
try a_closed_pipe_ends_the_run_cleanly
try a_full_disk_is_an_error_with_its_reason
try a_report_that_cannot_be_written_is_not_success
try an_old_good_report_stays_when_the_new_one_cannot_be_written
try a_file_of_the_sink_is_replaced_only_by_a_complete_run
finish
