#!/usr/bin/env bash
# Kills a process that runs commands with KILL, at random moments; within a bounded time nothing that it started may
# be left, however deep and whatever session it is in.
# usage: check.sh NURSERY ROUNDS
set -euo pipefail

nursery=$1 rounds=$2
bound_seconds=10

# What runs below the nursery has this in its environment, and inherits it: the outermost id of the chain.
id=weir-test-$$-$RANDOM$RANDOM

# The processes that carry the id. grep's own environment does not.
marked() { grep -l -s -z -F -e "WEIR_RUN=$id" /proc/[0-9]*/environ | sed 's|/proc/||; s|/environ||' || true; }

# Whatever happens, this test leaves nothing behind.
scratch=$(mktemp -d)
clean_up() {
  local pid
  for pid in $(marked); do
    kill -KILL "$pid" 2>/dev/null || true
  done
  rm -rf -- "$scratch"
}
trap clean_up EXIT

mkfifo -- "$scratch/started"
slowest=0 seen=0
for ((round = 1; round <= rounds; ++round)); do
  WEIR_RUN=$id "$nursery" >"$scratch/started" &
  pid=$!
  read -r _ <"$scratch/started"
  # Anywhere from the first start to a moment after the first timeouts.
  sleep "0.$(printf '%03d' $((RANDOM % 500)))"
  seen=$((seen + $(marked | wc -l)))
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null || true
  killed_at=${EPOCHREALTIME/./}
  while [[ -n $(marked) ]]; do
    if ((${EPOCHREALTIME/./} - killed_at > bound_seconds * 1000000)); then
      printf 'round %d: %d s after the end of its parent there is still:\n' "$round" "$bound_seconds"
      for left in $(marked); do
        printf '%s: %s\n' "$left" "$(tr '\0' ' ' <"/proc/$left/cmdline" || true)"
      done
      exit 1
    fi
    sleep 0.01
  done
  took=$(((${EPOCHREALTIME/./} - killed_at) / 1000))
  slowest=$((took > slowest ? took : slowest))
  # Something that was between two programs may have been overlooked, by us as well.
  sleep 0.1
  if [[ -n $(marked) ]]; then
    printf 'round %d: a process came to light after the guardian had gone\n' "$round"
    exit 1
  fi
done
if ((seen < 8 * rounds)); then
  printf 'only %d processes ran in %d rounds: the test shows little\n' "$seen" "$rounds"
  exit 1
fi
printf '%d rounds, nothing left, the slowest clean after %d ms\n' "$rounds" "$slowest"
