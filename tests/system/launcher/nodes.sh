#!/usr/bin/env bash
# A flow whose stages are done by other processes, with TLS, on this machine.
# usage: nodes.sh WEIR
source "$(dirname "$0")/common.sh" "$1"

# Somebody else's port can't be known beforehand; one that was free a moment ago mostly is.
free_port() {
  local port
  for port in $(shuf -n 50 -i 20000-32000); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

make_tree() {
  mkdir tree
  local i
  for ((i = 0; i < $1; ++i)); do
    printf 'content %d\n' "$i" >"tree/file $i"
  done
}

# with_tls TABLE NAME: the options for that table.
with_tls() {
  printf -- '--set\n%s\n' "$1.authority=certs/authority.pem" "$1.certificate=certs/$2.pem" "$1.private_key=certs/$2.key"
}

# start_node NAME [OPTION...]: its id is in $node then, its log in NAME.log. A job in the background of a script
# ignores SIGQUIT.
start_node() {
  local name=$1
  shift
  mapfile -t tls < <(with_tls node "$name")
  WEIR_TEST_MARK=$mark env --default-signal=QUIT "$weir" node "$config/node.toml" --set node.name="$name" \
    --set "node.dial=127.0.0.1:$port" "${tls[@]}" "$@" 2>"$name.log" &
  node=$!
}

# run_flow [OPTION...]: as it would be in front.
run_flow() {
  mapfile -t tls < <(with_tls nodes coordinator)
  WEIR_TEST_MARK=$mark timeout 100 "$weir" run "$config/coordinator.toml" --set "nodes.listen=127.0.0.1:$port" \
    --set source.root=tree "${tls[@]}" --report report.json "$@"
}

prepare() {
  port=$(free_port)
  "$weir" certs coordinator node-1 node-2 >/dev/null
  make_tree "$1"
}

same_as_one_process() {
  "$weir" run "$config/checksum.toml" --set source.root=tree --quiet >one 2>>err
  cmp -s manifest one || fail "the manifest is not that of one process"
}

three_processes_make_the_manifest_of_one() {
  prepare 300
  start_node node-1 && local first=$node
  start_node node-2 && local second=$node
  run_flow >manifest 2>err
  is "exit code" $? 0
  same_as_one_process
  balanced report.json
  is completed "$(number completed report.json)" 300
  # One of them may have done it all before the other came.
  local all=0 n
  while read -r n; do
    all=$((all + n))
  done < <(grep -A9 '^coordinator: 300 completed' err | grep -oP '^  node node-[12]: \K[0-9]+(?= done, )')
  is "jobs that the summary says nodes have done" "$all" 300
  says report.json '"name": "node-'
  says report.json '"busy_seconds": '
  kill -TERM "$first" "$second"
  wait "$first"
  is "exit code of a node that is asked to end" $? 0
  wait "$second"
}

relative_paths_mean_the_same_wherever_a_node_runs() {
  prepare 20
  # Where the node runs there are other files of the same names.
  mkdir elsewhere && cp -r tree certs elsewhere
  local file
  for file in elsewhere/tree/*; do
    echo other >"$file"
  done
  cd elsewhere && start_node node-1 && cd ..
  local root
  for root in tree ./tree . "$PWD/tree"; do
    "$weir" run "$config/checksum.toml" --set source.root="$root" --set 'source.match=["**/file *"]' \
      --set 'source.exclude=["elsewhere"]' --quiet >one 2>err
    run_flow --set source.root="$root" --set 'source.match=["**/file *"]' --set 'source.exclude=["elsewhere"]' \
      >manifest 2>err
    is "exit code for $root" $? 0
    is "lines for $root" "$(wc -l <manifest)" 20
    cmp -s manifest one || fail "the manifest for $root is not that of one process"
  done
  # Lines are paths if the task takes them so.
  ls -d tree/* >names
  sha256sum tree/* >one
  sed 's/^kind = "files"/kind = "lines"/; s/^root = .*/path = "names"/' "$config/coordinator.toml" >lines.toml
  mapfile -t tls < <(with_tls nodes coordinator)
  timeout 100 "$weir" run lines.toml --set "nodes.listen=127.0.0.1:$port" "${tls[@]}" >manifest 2>err
  is "exit code for lines" $? 0
  cmp -s manifest one || fail "the manifest for lines is not that of one process"
  kill -TERM "$node"
  wait "$node"
}

what_commands_print_on_nodes_can_be_sent() {
  prepare 1
  start_node node-1 --set 'node.tasks=["exec"]'
  mapfile -t tls < <(with_tls nodes coordinator)
  cat >flow.toml <<'TOML'
[nodes]
listen = "set by an option"
peers = ["node-1"]
[source]
kind = "range"
first = 1
last = 1
[[stage]]
task = "exec"
shell = true
command = "head -c 2000000 /dev/zero | tr '\\0' o; head -c $((2000000 * $SAYS)) /dev/zero | tr '\\0' e >&2"
nodes = true
[sink]
kind = "jsonl"
TOML
  local printing=(timeout 100 "$weir" run flow.toml --set "nodes.listen=127.0.0.1:$port" "${tls[@]}")
  "${printing[@]}" --set 'stage.env=["SAYS=1"]' >out 2>err
  is "exit code for both streams, full" $? 0
  is "bytes of them" "$(grep -o 'oooo*\|eeee*' out | tr -d '\n' | wc -c)" $((2 * 500 * 1024))
  "${printing[@]}" --set 'stage.env=["SAYS=0"]' --set stage.output_limit=1000KiB >out 2>err
  is "exit code for the most of one" $? 0
  is "bytes of it" "$(grep -o 'oooo*' out | tr -d '\n' | wc -c)" $((1000 * 1024))
  kill -TERM "$node"
  wait "$node"
}

# A job of 20 ms each, so that there is a middle.
slow() { printf -- '%s\n' --set stage.task=sleep --set stage.min=20ms --set sink.kind=tsv; }

# Some of the work is done, by then on both nodes.
at_work() { grep -q 'is up' node-1.log && grep -q 'is up' node-2.log && [ "$(wc -l <lines)" -ge 20 ]; }

a_node_that_is_killed_costs_no_job_and_doubles_none() {
  prepare 300
  start_node node-1 --set 'node.tasks=["sleep"]' && local victim=$node
  start_node node-2 --set 'node.tasks=["sleep"]' && local survivor=$node
  mapfile -t options < <(slow)
  : >lines
  run_flow "${options[@]}" >lines 2>err &
  local flow=$!
  until_true 20000 at_work || fail "the nodes do not get to work"
  kill -KILL "$victim"
  wait "$flow"
  is "exit code" $? 0
  balanced report.json
  is completed "$(number completed report.json)" 300
  is "different lines" "$(sort -u lines | wc -l)" "$(wc -l <lines)"
  says err "run again elsewhere"
  says err "node node-1: "
  says err "node node-2: "
  says report.json '"name": "node-1"'
  says report.json '"name": "node-2"'
  kill -TERM "$survivor"
  wait "$survivor"
}

a_node_that_leaves_in_the_middle_finishes_what_it_has() {
  prepare 300
  start_node node-1 --set 'node.tasks=["sleep"]' && local leaver=$node
  start_node node-2 --set 'node.tasks=["sleep"]' && local stayer=$node
  mapfile -t options < <(slow)
  : >lines
  run_flow "${options[@]}" --progress always >lines 2>err &
  local flow=$!
  until_true 20000 at_work || fail "the nodes do not get to work"
  until_true 20000 grep -qP '\d+ failed, \d+ in flight, [1-9]\d* at 2 nodes' err ||
    fail "the progress does not say what the nodes have"
  kill -TERM "$leaver"
  wait "$leaver"
  is "exit code of the node" $? 0
  kill -0 "$flow" 2>/dev/null || fail "the flow has ended before: nobody left in the middle"
  says node-1.log "we left: all that it had is done"
  grep -qP '^SIGTERM: finishing [1-9]\d* jobs?; a second signal ends at once' node-1.log ||
    fail "the node does not say how many jobs it finishes"
  grep -qP '^node node-1 has left: [1-9]\d* jobs done' node-1.log || fail "the node does not say what it has done"
  wait "$flow"
  is "exit code" $? 0
  balanced report.json
  is completed "$(number completed report.json)" 300
  grep -q "run again elsewhere" err && fail "a job ran again, though its node left in peace"
  kill -TERM "$stayer"
  wait "$stayer"
}

a_node_that_is_ended_at_once_says_what_it_abandons() {
  prepare 3
  start_node node-1 --set 'node.tasks=["sleep"]' --set node.workers=2
  mapfile -t options < <(slow; with_tls nodes coordinator)
  start run "$config/coordinator.toml" --set "nodes.listen=127.0.0.1:$port" --set source.root=tree "${options[@]}" \
    --set stage.min=1min --set flow.shutdown_timeout=100ms >lines 2>err
  until_true 20000 grep -q '^node "node-1": .*; dials' node-1.log || fail "it does not dial"
  until_true 20000 says_when_asked "connected to coordinator for .*, 3 jobs held" || fail "it does not get to work"
  kill -TERM "$node"
  until_true 20000 grep -q '^SIGTERM: finishing 3 jobs;' node-1.log || fail "it does not say what it finishes"
  sleep 0.3
  kill -TERM "$node"
  wait "$node"
  is "exit code of the node" $? 143
  says node-1.log "abandoned: 3 jobs"
  kill -TERM "$pid"
  wait "$pid"
  is "exit code of the flow" $? 143
}

a_flow_that_is_interrupted_while_no_node_is_there_does_not_wait() {
  prepare 5
  mapfile -t options < <(with_tls nodes coordinator)
  start run "$config/coordinator.toml" --set "nodes.listen=127.0.0.1:$port" --set source.root=tree "${options[@]}" \
    >lines 2>err
  until_true 20000 grep -q "no node is there; jobs for 'sha256'" err || fail "no job waits"
  local begun
  begun=$(now_ms)
  kill -INT "$pid"
  wait "$pid"
  is "exit code" $? 130
  [ $(($(now_ms) - begun)) -lt 4000 ] || fail "it waited for a node"
  says err "SIGINT: canceling, as no node is there to finish what was admitted; a second signal ends at once"
}

# says_twice LINE: the flow's log.
says_twice() { [ "$(grep -cxF -e "$1" err)" = 2 ]; }

a_flow_without_a_node_says_what_waits_for_one() {
  prepare 5
  mapfile -t options < <(with_tls nodes coordinator)
  start run "$config/coordinator.toml" --set "nodes.listen=127.0.0.1:$port" --set source.root=tree "${options[@]}" \
    --set flow.stall_after=1s --set sink.path=- >lines 2>err
  local waits='no node is there: the jobs at work in stage "sha256" wait for one'
  until_true 20000 grep -q 'no job has begun or ended for ' err || fail "the stall is not reported"
  is "times that it was said" "$(grep -cxF -e "$waits" err)" 1
  kill -QUIT "$pid"
  until_true 20000 says_twice "$waits" || fail "it does not say so when it is asked"
  kill -INT "$pid"
  wait "$pid"
}

a_node_waits_for_a_flow_and_for_the_next_one() {
  prepare 20
  start_node node-1
  local i
  for i in 1 2; do
    run_flow >manifest 2>err
    is "exit code of run $i" $? 0
    same_as_one_process
  done
  kill -TERM "$node"
  wait "$node"
}

who_is_not_on_the_list_does_nothing() {
  prepare 20
  run_flow --set 'nodes.peers=["node-2"]' >manifest 2>err &
  local flow=$!
  start_node node-1 && local stranger=$node
  until_true 20000 grep -q "it is 'node-1', which is not among the peers that may connect" err ||
    fail "node-1 is not refused"
  start_node node-2 && local friend=$node
  wait "$flow"
  is "exit code" $? 0
  same_as_one_process
  grep -q "node node-1: " err && fail "node-1 did something"
  says node-1.log "it refused us: \"it is 'node-1', which is not among the peers that may connect: add it to \`peers\`"
  kill -TERM "$stranger" "$friend"
  wait "$stranger" "$friend"
}

without_tls_only_this_machine_is_met() {
  prepare 1
  "$weir" run "$config/coordinator.toml" --set nodes.listen=0.0.0.0:0 --set source.root=tree >manifest 2>err
  is "exit code" $? 2
  says err "there is no TLS"
}

a_port_that_is_taken_is_told_with_who_may_have_it() {
  prepare 1
  start run "$config/coordinator.toml" --set "nodes.listen=127.0.0.1:$port" --set source.root=tree >out 2>err.first
  until_true 20000 grep -q "^nodes: coordinator waits for nodes at 127.0.0.1:$port without TLS\$" err.first ||
    fail "it does not say where it waits: $(cat err.first)"
  run_flow >manifest 2>err
  is "exit code" $? 2
  says err "can't listen at 127.0.0.1:$port"
  says err "maybe another flow listens there"
  kill -INT "$pid"
  wait "$pid"
}

# refused WHAT SAYS FILE...: a node's file that is not right.
refused() {
  printf '%s\n' "${@:3}" >bad.toml
  timeout 20 "$weir" node bad.toml 2>err </dev/null
  is "exit code for $1" $? 2
  says err "$2"
}

a_file_that_is_not_right_says_where() {
  refused "an unknown key" 'bad.toml:3:1: node.taks: unknown key; did you mean "tasks"?' \
    '[node]' 'name = "a"' 'taks = ["sha256"]'
  refused "an unknown task" 'there is no task "sha265"; did you mean "sha256"?' \
    '[node]' 'name = "a"' 'dial = "127.0.0.1:1"' 'tasks = ["sha265"]'
  refused "another table" 'a node'"'"'s file has the table [node]' '[flow]'
  refused "half of TLS" 'node.certificate: missing: TLS takes authority, certificate and private_key together' \
    '[node]' 'name = "a"' 'dial = "127.0.0.1:1"' 'tasks = ["sha256"]' 'private_key = "k"'
  : >secret.key && chmod 600 secret.key
  refused "a certificate that is not there" 'nothing.pem' \
    '[node]' 'name = "a"' 'dial = "127.0.0.1:1"' 'tasks = ["sha256"]' 'private_key = "secret.key"' \
    'certificate = "nothing.pem"' 'authority = "nothing.pem"'
}

certificates_are_looked_for_where_the_command_runs_as_all_paths_are() {
  prepare 1
  mkdir files
  printf '%s\n' '[node]' 'name = "node-1"' 'dial = "127.0.0.1:4700"' 'tasks = ["sha256"]' \
    'authority = "certs/authority.pem"' 'certificate = "certs/node-1.pem"' 'private_key = "certs/node-1.key"' >files/node.toml
  "$weir" check files/node.toml >out 2>err
  is "exit code beside certs" $? 0
  (cd files && "$weir" check node.toml >../out 2>../err)
  is "exit code beside the file" $? 2
  says err "node.toml:5:13: node.authority: certs/authority.pem: it can't be read"
  says err "it is looked for in $PWD/files, where this process runs"
  # The twin: the path of a source is taken in the same way.
  echo one >lines
  printf '%s\n' '[source]' 'kind = "lines"' 'path = "lines"' '[[stage]]' 'task = "exec"' 'command = ["echo", "{}"]' \
    '[sink]' 'kind = "tsv"' >files/flow.toml
  "$weir" run files/flow.toml --quiet >out 2>err
  is "exit code of the flow" $? 0
}

# check_and_run_refuse WHAT SAYS OPTION...: of a flow with nodes.
check_and_run_refuse() {
  local command
  for command in check run; do
    timeout 20 "$weir" "$command" "$config/coordinator.toml" --set source.root=tree "${@:3}" >out 2>err
    is "exit code of $command for $1" $? 2
    says err "$2"
    [ -s out ] && fail "$command wrote to stdout for $1"
  done
}

check_finds_what_run_and_node_would_refuse() {
  prepare 1
  mapfile -t tls < <(with_tls nodes coordinator)
  check_and_run_refuse "an address that is none" "nodes.listen: '4700' is not an address" --set nodes.listen=4700
  check_and_run_refuse "an address of all" "nodes.listen: 0.0.0.0:4700 can be met from other machines" \
    --set nodes.listen=0.0.0.0:4700
  check_and_run_refuse "a key that is not there" "nodes.private_key: certs/none.key" "${tls[@]}" \
    --set nodes.private_key=certs/none.key
  check_and_run_refuse "the key of another" "nodes.private_key: certs/node-1.key" "${tls[@]}" \
    --set nodes.private_key=certs/node-1.key
  "$weir" check "$config/coordinator.toml" --set nodes.listen=0.0.0.0:4700 "${tls[@]}" >out 2>err
  is "exit code of check for a flow that is right" $? 0
  mapfile -t tls < <(with_tls node node-2)
  "$weir" check "$config/node.toml" "${tls[@]}" >out 2>err
  is "exit code of check for a node with the certificate of another" $? 2
  says err "node.certificate: certs/node-2.pem: it is for node-2"
  "$weir" check "$config/node.toml" "${tls[@]}" --set node.name=node-2 >out 2>err
  is "exit code of check for a node that is right" $? 0
  says out 'ok: node "node-2"'
}

a_node_that_is_asked_says_what_it_is_for_and_which_jobs_run() {
  prepare 5
  mapfile -t options < <(slow)
  : >lines
  start_node node-1 --set 'node.tasks=["sleep"]' --set node.workers=2
  run_flow "${options[@]}" --set stage.min=2s --set nodes.peers='["node-1"]' >lines 2>err &
  local flow=$!
  until_true 20000 grep -q 'is up' node-1.log || fail "there is no link"
  for _ in 1 2 3 4 5; do
    kill -QUIT "$node"
    until_true 2000 grep -q '2 of 2 workers at work' node-1.log && break
  done
  local is_for="node \"node-1\": tasks sleep; 2 workers, 65536 jobs at most; dials 127.0.0.1:$port with TLS"
  # And when it was started.
  [ "$(grep -c "^$is_for" node-1.log)" -gt 1 ] || fail "it does not say what it is for: $(cat node-1.log)"
  says node-1.log 'stage "calls": 2 of 2 workers at work'
  grep -q '^  job [0-9]* has been running for ' node-1.log || fail "no job is named: $(cat node-1.log)"
  grep -q '^$' node-1.log && fail "an empty line"
  wait "$flow"
  is "exit code" $? 0
  kill -TERM "$node"
  wait "$node"
  is "exit code of the node" $? 0
}

more_workers_than_a_stage_keeps_busy_are_told_of() {
  prepare 8
  mapfile -t options < <(slow)
  start_node node-1 --set 'node.tasks=["sleep"]' --set node.workers=4
  run_flow "${options[@]}" --set stage.min=500ms --set stage.parallelism=2 >lines 2>err
  is "exit code" $? 0
  is "lines that say so" 1 \
    "$(grep -c '^nodes: 4 workers are there, and the parallelism of stage "sleep" keeps 2 busy at most: set it to 8$' err)"
  kill -TERM "$node"
  wait "$node"
}

# says_when_asked PATTERN: node-1; a line of its state.
says_when_asked() { kill -QUIT "$node" && sleep 0.05 && grep -qP "^$1" node-1.log; }

a_node_that_is_asked_says_why_it_has_no_flow_or_since_when_it_has_one() {
  prepare 3
  start_node node-1 --set 'node.tasks=["sleep"]'
  # Before it says so SIGQUIT ends it.
  until_true 20000 grep -q '^node "node-1": .*; dials' node-1.log || fail "it does not dial"
  until_true 20000 says_when_asked "not connected for [^,]*, 0 jobs done: can't connect: Connection refused\$" ||
    fail "no word of a flow that is not there: $(cat node-1.log)"
  mapfile -t options < <(slow; with_tls nodes coordinator)
  options+=(--set "nodes.listen=127.0.0.1:$port" --set source.root=tree)
  start run "$config/coordinator.toml" "${options[@]}" --set 'nodes.peers=["node-2"]' >lines 2>err
  until_true 20000 says_when_asked "not connected for [^,]*, 0 jobs done: it refused us: \"it is 'node-1', which is not among" ||
    fail "no word of a flow that refuses it: $(cat node-1.log)"
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null
  start run "$config/coordinator.toml" "${options[@]}" --set stage.min=2s >lines 2>err
  until_true 20000 says_when_asked "connected to coordinator for .*, 3 jobs held, 0 jobs done\$" ||
    fail "no word of the flow that it has: $(cat node-1.log)"
  wait "$pid"
  is "exit code" $? 0
  # The latter once it has tried again.
  local why="(it has left: the run has ended|can't connect: Connection refused)"
  until_true 20000 says_when_asked "not connected for [^,]*, 3 jobs done: $why\$" ||
    fail "no word of a flow that has gone: $(cat node-1.log)"
  kill -TERM "$node"
  wait "$node"
}

# ids KEY FILE: of the spans there.
ids() { grep -oP "\"$1\": ?\"\K[0-9a-f]+" "$2" | sort -u; }

a_trace_goes_on_at_the_node() {
  prepare 20
  start_node node-1 --trace node.jsonl
  run_flow --trace flow.jsonl >manifest 2>err
  is "exit code" $? 0
  kill -TERM "$node"
  wait "$node"
  is "exit code of the node" $? 0
  is "spans of the node" "$(grep -o '"parentSpanId"' node.jsonl | wc -l)" 20
  is "traces" "$(ids traceId node.jsonl)" "$(ids traceId flow.jsonl)"
  is "spans of the node that have no parent in the flow" \
    "$(comm -23 <(ids parentSpanId node.jsonl) <(ids spanId flow.jsonl) | wc -l)" 0
}

try three_processes_make_the_manifest_of_one
try a_trace_goes_on_at_the_node
try relative_paths_mean_the_same_wherever_a_node_runs
try what_commands_print_on_nodes_can_be_sent
try a_node_that_is_killed_costs_no_job_and_doubles_none
try a_node_that_leaves_in_the_middle_finishes_what_it_has
try a_node_that_is_ended_at_once_says_what_it_abandons
try a_flow_that_is_interrupted_while_no_node_is_there_does_not_wait
try a_flow_without_a_node_says_what_waits_for_one
try a_node_waits_for_a_flow_and_for_the_next_one
try who_is_not_on_the_list_does_nothing
try without_tls_only_this_machine_is_met
try a_port_that_is_taken_is_told_with_who_may_have_it
try a_file_that_is_not_right_says_where
try certificates_are_looked_for_where_the_command_runs_as_all_paths_are
try a_node_that_is_asked_says_what_it_is_for_and_which_jobs_run
try more_workers_than_a_stage_keeps_busy_are_told_of
try a_node_that_is_asked_says_why_it_has_no_flow_or_since_when_it_has_one
try check_finds_what_run_and_node_would_refuse
finish
