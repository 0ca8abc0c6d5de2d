#!/usr/bin/env bash
# boss.cpp and worker.cpp as one would start them by hand, with TLS.
# usage: boss_and_worker.sh BOSS WORKER WEIR
set -eu
folder=$(mktemp -d)
worker=
trap '[ -z "$worker" ] || kill -KILL "$worker" 2>/dev/null; rm -rf -- "$folder"' EXIT
cd "$folder"

"$3" certs boss worker-1 >/dev/null
"$1" 127.0.0.1:0 certs/authority.pem certs/boss.pem certs/boss.key >out 2>log &
boss=$!
until port=$(sed -n 's/^port //p' log) && [ -n "$port" ]; do
  kill -0 "$boss"
  sleep 0.01
done
"$2" worker-1 "127.0.0.1:$port" certs/authority.pem certs/worker-1.pem certs/worker-1.key 2>/dev/null &
worker=$!
wait "$boss"
cat out
kill -TERM "$worker"
wait "$worker"
worker=
echo "worker-1 has left"
