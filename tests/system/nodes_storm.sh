#!/usr/bin/env bash
# 100,000 jobs on three nodes, each a host of its own (a network namespace with a cable to a bridge), while every
# 3 s one of them is killed, stopped, or cut off. Prints what was lost, doubled and run again, and how long it took
# until a loss was noticed. Needs root, and leaves nothing behind.
# usage: nodes_storm.sh WEIR [JOBS] [SECONDS]
set -u
weir=$(realpath "$1")
jobs=${2:-100000} seconds=${3:-60}
config=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../config")
scratch=$(mktemp -d)
mark=weir-$$
heartbeat_ms=1000 timeout_ms=3000
declare -A pid

ip netns add "$mark-hub" 2>/dev/null || {
  echo "no network namespaces here (are you root?): not run"
  exit 77
}
clean_up() {
  local p n
  for p in "${pid[@]}" "${flow:-}"; do
    [ -z "$p" ] || kill -KILL "$p" 2>/dev/null
  done
  wait 2>/dev/null
  for n in hub 1 2 3; do
    ip netns del "$mark-$n" 2>/dev/null
  done
  rm -rf -- "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

within() { ip netns exec "$mark-$1" "${@:2}"; }
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

make_hosts() {
  within hub ip link set lo up
  within hub ip link add br0 type bridge
  within hub ip addr add 10.77.0.254/24 dev br0
  within hub ip link set br0 up
  local i
  for i in 1 2 3; do
    ip netns add "$mark-$i"
    ip -n "$mark-hub" link add "v$i" type veth peer name eth0 netns "$mark-$i"
    within hub ip link set "v$i" master br0 up
    within "$i" ip link set lo up
    within "$i" ip addr add "10.77.0.$i/24" dev eth0
    within "$i" ip link set eth0 up
  done
}

start_node() {
  # Its id has to be that of the node itself.
  (exec ip netns exec "$mark-$1" "$weir" node "$config/node.toml" --set node.name="node-$1" --set node.dial=10.77.0.254:4700 \
    --set node.workers=8 --set 'node.tasks=["sleep"]' --set node.authority=certs/authority.pem \
    --set node.certificate="certs/node-$1.pem" --set node.private_key="certs/node-$1.key" 2>>"node-$1.log") &
  pid[$1]=$!
}

# hit K: the K-th blow, and its undoing in the background. Each node has 9 s from one to the next.
hit() {
  local node=$(($1 % 3 + 1)) what=$(($1 / 3 % 3))
  case $what in
    0)
      echo "$(now_ms) node-$node killed" >>blows
      kill -KILL "${pid[$node]}"
      wait "${pid[$node]}" 2>/dev/null
      start_node "$node"
      ;;
    1)
      echo "$(now_ms) node-$node stopped" >>blows
      kill -STOP "${pid[$node]}"
      (sleep 5 && kill -CONT "${pid[$node]}") &
      ;;
    2)
      echo "$(now_ms) node-$node cut" >>blows
      within hub ip link set "v$node" down
      (sleep 5 && within hub ip link set "v$node" up) &
      ;;
  esac
}

# The time in ms of each line of the log that says that a node has gone, with its name.
losses() {
  sed -nE 's/^([0-9-]+ [0-9:.]+) [a-z]+: node (node-[0-9]) has gone: .*/\1 \2/p' err |
    while read -r day time name; do
      echo "$(date -d "$day $time" +%s%3N) $name"
    done
}

# For each blow the time until its node was missed, in ms.
detections() {
  losses >gone
  while read -r at name what; do
    awk -v at="$at" -v name="$name" -v what="$what" \
      '$2 == name && $1 >= at { print $1 - at, what; found = 1; exit } END { if (!found) print "never", what }' gone
  done <blows
}

cd "$scratch" || exit 1
make_hosts
"$weir" certs coordinator node-1 node-2 node-3 >/dev/null
# So long that 24 workers take most of the storm for it.
pause_ms=$((24 * 1000 * seconds / jobs))
cat >flow.toml <<TOML
[flow]
name = "storm"
[nodes]
listen = "10.77.0.254:4700"
peers = ["node-1", "node-2", "node-3"]
authority = "certs/authority.pem"
certificate = "certs/coordinator.pem"
private_key = "certs/coordinator.key"
[source]
kind = "range"
first = 1
last = $jobs
[[stage]]
task = "sleep"
nodes = true
parallelism = 64
min = "${pause_ms}ms"
[sink]
kind = "tsv"
TOML
(exec ip netns exec "$mark-hub" "$weir" run flow.toml --report report.json >lines 2>err) &
flow=$!
for i in 1 2 3; do
  start_node "$i"
done
until [ -s lines ] || ! kill -0 "$flow" 2>/dev/null; do sleep 0.05; done
: >blows
begun=$(now_ms)
for ((k = 0; k < seconds / 3; ++k)); do
  sleep 3
  kill -0 "$flow" 2>/dev/null || break
  hit "$k"
done
wait "$flow"
code=$?
took=$(($(now_ms) - begun))
detections >detected

number() { sed -n "s/^  \"$1\": \([0-9.e+-]*\),\{0,1\}\$/\1/p" report.json; }
seen=$(sed 1d lines | cut -f1 | sort -u | wc -l)
lines=$(sed 1d lines | wc -l)
rerun=$(sed -nE 's/.* ([0-9]+) calls? that it had may run again elsewhere$/\1/p' err | awk '{ n += $1 } END { print n + 0 }')
worst=$(awk '{ if ($1 == "never" || $1 + 0 > max) max = $1 } END { print max + 0 }' detected)
printf '%s jobs in %s ms, exit code %s: lost %s, doubled outcomes %s, run again %s\n' \
  "$jobs" "$took" "$code" "$((jobs - seen))" "$((lines - seen))" "$rerun"
printf '%s blows; missed after (ms): p50 %s, max %s; allowed %s\n' "$(wc -l <blows)" \
  "$(sort -n detected | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')" "$worst" \
  $((heartbeat_ms + timeout_ms))
sort -k2 detected | awk '{ print "  " $2 ": " $1 " ms" }'
bad=0
[ "$code" = 0 ] || bad=1
[ "$seen" = "$jobs" ] && [ "$lines" = "$jobs" ] && [ "$(number completed)" = "$jobs" ] || bad=1
grep -q never detected && bad=1
[ "$worst" -le $((heartbeat_ms + timeout_ms + 500)) ] || bad=1
[ $bad = 0 ] || { tail -n 20 err; head -n 3 lines; }
exit $bad
