#!/usr/bin/env bash
# Flows that are no row: config/fan_out.toml, fan_in.toml, balance.toml, overflow.toml, keyed.toml, and what `weir graph` draws of them.
# usage: graphs.sh WEIR
source "$(dirname "$0")/common.sh" "$1"

# Text files, and one that no flow here takes.
make_tree() {
  mkdir -p tree/sub
  printf 'one two\nthree\n' >tree/a.md
  printf 'four\n' >tree/sub/b.txt
  printf '' >tree/sub/c.md
  printf 'no text\n' >tree/d.bin
}

broadcast_hands_each_file_to_both_branches() {
  make_tree
  timeout 30 "$weir" run "$config/fan_out.toml" --set source.root=tree --report report.json >out 2>err
  is "exit code" $? 0
  balanced report.json
  is "jobs" "$(number admitted report.json)" 3
  (cd tree && find . -name '*.md' -o -name '*.txt') | LC_ALL=C sort | sed 's|^\./|tree/|' >files
  # The twin: the manifest of coreutils.
  xargs sha256sum <files >wanted
  cmp -s SHA256SUMS wanted || fail "other sums: $(diff SHA256SUMS wanted)"
  is "counts" "$(tail -n +2 out | awk '{ print $1, $2, $3, $4 }' | tr '\n' ',')" \
    "2 3 14 tree/a.md,1 1 5 tree/sub/b.txt,0 0 0 tree/sub/c.md,"
  says err "taken by sums 3, counts 3"
  is "what was taken" "$(sed -n 's/^      "taken": \(.*\)/\1/p' report.json | tr '\n' ' ')" "3 3 "
}

# A file that can't be read is a failure in both branches, and one job.
a_job_that_fails_in_both_branches_is_one_failure() {
  {
    printf '[source]\nkind="lines"\n'
    printf '[[stage]]\ntask="exec"\nname="%s"\ncommand=["cat","{}"]\nfrom="lines"\n' a b
    printf '[[sink]]\nname="x"\nkind="jsonl"\nfrom="a"\npath="x"\n'
    printf '[[sink]]\nname="y"\nkind="jsonl"\nfrom="b"\npath="y"\n'
  } >flow.toml
  echo text >there
  printf 'there\nnone\n' | timeout 30 "$weir" run flow.toml --report report.json >out 2>err
  is "exit code" "${PIPESTATUS[1]}" 1
  balanced report.json
  is "failed" "$(number failed report.json)" 1
  is "completed" "$(number completed report.json)" 1
  is "failures told" "$(grep -c '^failed: ' err)" 1
  is "lines of x" "$(wc -l <x)" 2
  is "lines of y" "$(wc -l <y)" 2
}

two_sources_are_merged() {
  mkdir other
  make_tree
  printf '[x]\n' >other/f.toml
  timeout 30 "$weir" run "$config/fan_in.toml" --set source.texts.root=tree --set source.flows.root=other \
    --report report.json >out 2>err
  is "exit code" $? 0
  balanced report.json
  is "files" "$(tail -n +2 out | awk '{ print $4 }' | LC_ALL=C sort | tr '\n' ' ')" \
    "other/f.toml tree/a.md tree/sub/c.md "
  says err "read from texts 2, flows 1"
}

# Each number comes once, and the stage that takes ten times as long has the fewer of them.
balance_shares_the_numbers_out_by_demand() {
  local quick slow
  timeout 30 "$weir" run "$config/balance.toml" --report report.json >out 2>err
  is "exit code" $? 0
  balanced report.json
  is "numbers" "$(grep -o '"item":[0-9]*' out | cut -d: -f2 | sort -n | tr '\n' ' ')" "$(seq 1 40 | tr '\n' ' ')"
  slow=$(grep -c '"seconds":0\.[2-9]' out)
  quick=$(grep -c '"seconds":0\.0' out)
  [ "$slow" -ge 1 ] && [ "$quick" -gt $((3 * slow)) ] || fail "$quick quick ones, $slow slow ones"
}

# Stage "own" is full for as long as the others come in: it keeps four, and takes some again when it has done.
what_a_full_stage_redirects_is_done_by_the_other_one() {
  local redirected own
  timeout 30 "$weir" run "$config/overflow.toml" --report report.json >out 2>err
  is "exit code" $? 0
  balanced report.json
  is "completed" "$(number completed report.json)" 20
  is "numbers" "$(grep -o '"item":[0-9]*' out | cut -d: -f2 | sort -n | tr '\n' ' ')" "$(seq 1 20 | tr '\n' ' ')"
  redirected=$(sed -n 's/^ *"redirected": \([0-9]*\)$/\1/p' report.json | head -1)
  own=$(grep -c '"seconds":0\.3' out)
  [ "$redirected" -ge 1 ] && [ "$own" -ge 4 ] || fail "$redirected redirected, $own kept"
  is "kept and redirected" $((redirected + own)) 20
  says err "when full: own redirected $redirected"
}

# With a task that lasts until all have come, exactly those that find no slot are dropped: no failure, nothing cut short.
what_a_full_stage_drops_is_counted_and_no_failure() {
  {
    printf '[source]\nkind="range"\nfirst=1\nlast=50\n'
    printf '[[stage]]\nname="busy"\ntask="sleep"\nmin="2s"\nparallelism=1\ncapacity=1\noverflow="%s"\n' drop_newest
    printf '[sink]\nkind="jsonl"\npath="to"\n'
  } >flow.toml
  timeout 30 "$weir" run flow.toml --report report.json >out 2>err
  is "exit code" $? 0
  balanced report.json
  is "completed" "$(number completed report.json)" 1
  is "canceled" "$(number canceled report.json)" 49
  is "dropped" "$(number dropped report.json)" 49
  is "lines" "$(wc -l <to)" 1
  says err "when full: busy dropped 49"
  timeout 30 "$weir" run flow.toml --set stage.overflow=reject --report report.json >out 2>err
  is "exit code of reject" $? 1
  is "failed" "$(number failed report.json)" 49
  is "failures told" "$(grep -c '^failed: .*: all 1 slots are taken' err)" 49
}

a_keyed_flow_counts_each_file_once() {
  make_tree
  timeout 30 "$weir" run "$config/keyed.toml" --set source.root=tree --report report.json >out 2>err
  is "exit code" $? 0
  balanced report.json
  is "files" "$(tail -n +2 out | awk '{ print $4 }' | LC_ALL=C sort | tr '\n' ' ')" "tree/a.md tree/sub/c.md "
}

check_describes_a_graph_part_by_part() {
  timeout 30 "$weir" check "$config/fan_out.toml" --set stage.sha256.parallelism=3 --set stage.sha256.capacity=9 \
    --set stage.wordcount.parallelism=1 --set stage.wordcount.capacity=2 >out 2>err
  is "exit code" $? 0
  {
    echo 'ok: flow "fan_out":'
    echo '  files -> sha256, wordcount (broadcast)'
    echo '  sha256 (parallelism 3, capacity 9, order input) -> sums'
    echo '  wordcount (parallelism 1, capacity 2, order input) -> counts'
    echo '  sums (kind sha256sum)'
    echo '  counts (kind table)'
  } >wanted
  cmp -s out wanted || fail "other lines: $(diff out wanted)"
}

graph_draws_every_flow_in_every_format_and_opens_nothing() {
  local flow format
  for flow in "$config"/*.toml; do
    # Which is no flow's.
    [ "$flow" != "$config/node.toml" ] || continue
    for format in mermaid dot svg; do
      timeout 30 "$weir" graph "$flow" --format "$format" >out 2>err
      is "exit code of $format of $flow" $? 0
      [ -s err ] && fail "$format of $flow wrote to stderr"
      case $format in
        mermaid) grep -q '^flowchart LR$' out ;;
        dot) grep -q '^digraph "' out ;;
        svg) grep -q '^</svg>$' out ;;
      esac || fail "no $format of $flow"
    done
  done
  is "files left" "$(find . -type f | sort | tr '\n' ' ')" "./err ./out "
}

graph_writes_a_file_whose_name_says_the_format() {
  timeout 30 "$weir" graph "$config/fan_out.toml" -o flow.svg >out 2>err
  is "exit code" $? 0
  [ -s out ] && fail "wrote to stdout"
  grep -q '^<svg ' flow.svg || fail "no picture"
  if command -v xmllint >/dev/null; then
    xmllint --noout flow.svg 2>err || fail "not well formed"
  fi
  cp "$config/fan_in.toml" flow.toml
  timeout 30 "$weir" graph flow.toml --format dot -o flow.toml >out 2>err
  is "exit code over the flow" $? 2
  says err "would write over the flow file"
  cmp -s flow.toml "$config/fan_in.toml" || fail "the flow was written over"
  timeout 30 "$weir" graph "$config/fan_in.toml" -o flow.png >out 2>err
  is "exit code of a name of no format" $? 2
  says err "names no format"
  timeout 30 "$weir" graph "$config/fan_in.toml" -o none/flow.svg >out 2>err
  is "exit code without a folder" $? 1
}

a_cycle_is_refused_before_anything_starts() {
  local command
  {
    printf '[source]\nkind="range"\nlast=1\n[[stage]]\ntask="square"\nname="a"\nfrom=["range","b"]\n'
    printf '[[stage]]\ntask="square"\nname="b"\n[sink]\nkind="jsonl"\npath="to"\n'
  } >flow.toml
  for command in run check graph; do
    timeout 30 "$weir" "$command" flow.toml >out 2>err
    is "exit code of $command" $? 2
    says err "flow.toml:7:6: stage[0].from: a cycle, which could lock up: a -> b -> a"
    [ -e to ] && fail "$command has started something"
  done
}

try broadcast_hands_each_file_to_both_branches
try a_job_that_fails_in_both_branches_is_one_failure
try two_sources_are_merged
try balance_shares_the_numbers_out_by_demand
try what_a_full_stage_redirects_is_done_by_the_other_one
try what_a_full_stage_drops_is_counted_and_no_failure
try a_keyed_flow_counts_each_file_once
try check_describes_a_graph_part_by_part
try graph_draws_every_flow_in_every_format_and_opens_nothing
try graph_writes_a_file_whose_name_says_the_format
try a_cycle_is_refused_before_anything_starts
finish
