#!/usr/bin/env bash
# What can be asked of the launcher and told to it: help, lists, `check`, `--set`, a flow on standard input.
# usage: command_line.sh WEIR
source "$(dirname "$0")/common.sh" "$1"
project=$(realpath "$config/..")

# asked ARGS...: what prints its answer on stdout, ends with 0 and leaves nothing behind.
asked() {
  timeout 30 "$weir" "$@" >out 2>err </dev/null
  is "exit code of '$*'" $? 0
  [ -s err ] && fail "'$*' wrote to stderr"
  [ -s out ] || fail "'$*' says nothing"
  is "files left by '$*'" "$(find . -type f | sort | tr '\n' ' ')" "./err ./out "
}

the_version_is_one_line() {
  asked --version
  grep -qxP 'weir \d+\.\d+\.\d+' out || fail "no version: $(head -1 out)"
  is lines "$(wc -l <out)" 1
}

help_shows_examples_of_every_command() {
  local command
  asked --help
  for command in run check graph tasks; do
    grep -q "^  weir $command" out || fail "no example of $command"
  done
  for command in run check graph tasks; do
    asked "$command" --help
    says out "Examples:"
    grep -q "^  .*weir $command" out || fail "no example in the help of $command"
  done
  says out "weir tasks | grep sha256"
}

# As somebody would who stands in the project's folder; `check` stands in for `run`.
the_flows_in_the_examples_of_the_help_are_right() {
  local command line checked=0
  local -a words
  for command in '' run check graph; do
    asked ${command:+"$command"} --help
    while IFS= read -r line; do
      line=${line% --quiet*} line=${line% --format*} line=${line% -o *}
      read -r -a words <<<"${line%|*}"
      (cd "$project" && timeout 30 "$weir" check "${words[@]:2}") >answer 2>err || fail "wrong: $line"
      grep -q '^ok: ' answer || fail "not ok: $line"
      rm -f answer err
      checked=$((checked + 1))
    done < <(grep '^  weir \(run\|check\|graph\) config/' out)
  done
  [ "$checked" -ge 8 ] || fail "only $checked examples"
}

# The reference has them all: it is made from the code.
tasks_lists_every_source_task_and_sink() {
  local wanted
  asked tasks
  wanted=$(sed -n 's/^\(# \)\{0,1\}\(kind\|task\) = "\(.*\)"$/\3/p' "$config/reference.toml")
  is "kinds" "$(sed -n 's/^  \([a-z0-9_]*\): .*/\1/p' out)" "$wanted"
  [ "$(wc -w <<<"$wanted")" -ge 12 ] || fail "the reference has only: $wanted"
  is "titles" "$(grep -o '^[a-z]*,' out | tr -d '\n')" "sources,tasks,sinks,"
}

every_file_in_config_is_clean() {
  local file name seen=0
  for file in "$config"/*.toml; do
    asked check "$file"
    if [ "$file" = "$config/node.toml" ]; then
      says out 'ok: node "node-1": tasks sha256, wordcount; '
      continue
    fi
    name=$(basename "$file" .toml)
    grep -q '^\[\[s[io]' "$file" || grep -q '^from = ' "$file" || is "lines about $name" "$(wc -l <out)" 1
    says out "ok: flow \"$name\":"
    seen=$((seen + 1))
  done
  [ "$seen" -ge 6 ] || fail "only $seen flows"
}

# marker_flow: each job would leave a file "started", and the sink a file "to".
marker_flow() {
  printf '[source]\nkind="lines"\npath="%s"\n[[stage]]\ntask="exec"\ncommand=["touch","started"]\n' "$1"
  printf '[sink]\nkind="jsonl"\npath="to"\n'
}

# nothing_started WHAT: neither a job nor the sink nor the report has left anything.
nothing_started() {
  local left
  for left in started to to.partial report.json; do
    [ -e "$left" ] && fail "$1 has left: $left"
  done
}

# A pipe that nobody writes to holds up who opens it.
check_opens_neither_input_nor_output() {
  mkfifo pipe
  marker_flow pipe >flow.toml
  timeout 30 "$weir" check flow.toml >out 2>err
  is "exit code" $? 0
  nothing_started check
  # The twin: the same flow, run.
  echo item >pipe &
  timeout 30 "$weir" run flow.toml --report report.json >out 2>err
  is "exit code of the run" $? 0
  wait $!
  local made
  for made in started to report.json; do
    [ -e "$made" ] || fail "the run has not made: $made"
  done
}

# two_squares LAST: two stages of the same task.
two_squares() {
  printf '[flow]\nname="two"\n[source]\nkind="range"\nfirst=1\nlast=%s\n' "$1"
  printf '[[stage]]\ntask="square"\nname="first"\n[[stage]]\ntask="square"\nname="second"\n[sink]\nkind="jsonl"\n'
}

set_changes_keys_of_every_table() {
  timeout 30 "$weir" run "$config/squares.toml" --set source.last=4 --set source.step=2 --set flow.name=other \
    --set stage.parallelism=3 --set sink.kind=tsv --set sink.path=to --report report.json >out 2>err
  is "exit code" $? 0
  is squares "$(cut -f 2 to | tr '\n' ' ')" "square 1 9 "
  says err "other: 2 completed"
  says report.json '"parallelism": 3'
  # The last one counts, and text that is no TOML is text.
  timeout 30 "$weir" run "$config/squares.toml" --set source.last=4 --set source.last=2 \
    --set 'sink.path=a b' >out 2>err
  is "exit code of the last one" $? 0
  is "lines in 'a b'" "$(wc -l <'a b')" 2
}

set_reaches_one_of_several_stages() {
  two_squares 3 >flow.toml
  timeout 30 "$weir" run flow.toml --set stage.second.parallelism=7 --set 'stage[0].parallelism=5' \
    --report report.json >out 2>err
  is "exit code" $? 0
  is parallelism "$(sed -n 's/^      "parallelism": \(.*\),$/\1/p' report.json | tr '\n' ' ')" "5 7 "
}

# set_refused OPTION TEXT: with this option the flow starts nothing, and TEXT is said.
set_refused() {
  timeout 30 "$weir" run flow.toml --set "$1" --report report.json >out 2>err
  is "exit code with $1" $? 2
  [ -s out ] && fail "$1: wrote to stdout"
  says err "--set $1: $2"
  nothing_started "$1"
  timeout 30 "$weir" check flow.toml --set "$1" >out 2>err
  is "exit code of check with $1" $? 2
}

set_of_a_wrong_key_or_value_starts_nothing() {
  echo item >items
  marker_flow items >flow.toml
  set_refused source.pathh=x 'source.pathh: unknown key; did you mean "path"?'
  set_refused sorce.path=x 'sorce: unknown table; did you mean "source"?'
  set_refused stage.exec.paralelism=2 'stage[0].paralelism: unknown key; did you mean "parallelism"?'
  set_refused stage.exce.parallelism=2 'stage.exce: there is no such stage; did you mean "exec"?'
  set_refused stage.task=exce 'stage[0].task: there is no "exce"; did you mean "exec"?'
  set_refused stage.exec.parallelism=0 'stage[0].parallelism: "0" is out of range; allowed: '
  set_refused stage.exec.parallelism=many 'stage[0].parallelism: '
  set_refused stage.order=inputt 'stage[0].order: '
  set_refused flow.deadline=soon 'flow.deadline: '
  set_refused source.path 'write --set TABLE.KEY=VALUE'
  # The twin: what was refused would have run.
  timeout 30 "$weir" run flow.toml --set stage.exec.parallelism=1 >out 2>err
  is "exit code of the right one" $? 0
  [ -e started ] || fail "the right one starts nothing"
}

a_flow_may_come_on_standard_input() {
  two_squares 3 | timeout 30 "$weir" run - --set source.last=2 >out 2>err
  is "exit code" "${PIPESTATUS[1]}" 0
  is squares "$(grep -o '"square":[0-9]*' out | cut -d: -f2 | tr '\n' ' ')" "1 16 "
  two_squares 3 | timeout 30 "$weir" check - >out 2>err
  is "exit code of check" "${PIPESTATUS[1]}" 0
  says out 'ok: flow "two": range -> first'
  two_squares 3 | sed 's/last=/lost=/' | timeout 30 "$weir" run - >out 2>err
  is "exit code of a wrong one" "${PIPESTATUS[2]}" 2
  grep -q ':6:1: source.lost: unknown key; did you mean "last"?' err || fail "line and key are not named"
  [ -s out ] && fail "wrote to stdout"
}

two_stages_hand_on_in_order() {
  two_squares 2000 >flow.toml
  timeout 60 "$weir" run flow.toml --set stage.first.parallelism=4 --set stage.second.parallelism=3 \
    --report report.json >out 2>err
  is "exit code" $? 0
  balanced report.json
  is completed "$(number completed report.json)" 2000
  cut -d, -f1-3 out >got
  seq 1 2000 | awk '{ printf "{\"index\":%d,\"name\":\"%d\",\"square\":%.0f\n", $1 - 1, $1, $1 * $1 * $1 * $1 }' >wanted
  cmp -s got wanted || fail "other lines: $(diff got wanted | head -5)"
}

# The bounds are of 20 jobs of 200 to 500 ms on four workers; the upper one leaves room for a busy machine.
the_report_has_the_time_and_the_failed_items_of_twenty_files() {
  local elapsed
  timeout 30 "$weir" run "$config/file_processor.toml" --report report.json >out 2>err
  is "exit code" $? 1
  is "exit code in the report" "$(number exit_code report.json)" 1
  balanced report.json
  is completed "$(number completed report.json)" 18
  is "items" "$(sed -n '/^  "failures"/,$s/^      "name": "\(.*\)",$/\1/p' report.json | tr '\n' ' ')" "7 14 "
  is "peak of parallelism" "$(sed -n 's/^      "\(parallelism\|peak_running\)": \([0-9]*\),\{0,1\}$/\2/p' report.json | tr '\n' ' ')" "4 4 "
  elapsed=$(number elapsed_seconds report.json)
  awk -v s="$elapsed" 'BEGIN { exit !(s >= 1.5 && s <= 4) }' || fail "took '$elapsed' s"
}

try the_version_is_one_line
try help_shows_examples_of_every_command
try the_flows_in_the_examples_of_the_help_are_right
try tasks_lists_every_source_task_and_sink
try every_file_in_config_is_clean
try check_opens_neither_input_nor_output
try set_changes_keys_of_every_table
try set_reaches_one_of_several_stages
try set_of_a_wrong_key_or_value_starts_nothing
try a_flow_may_come_on_standard_input
try two_stages_hand_on_in_order
try the_report_has_the_time_and_the_failed_items_of_twenty_files
finish
