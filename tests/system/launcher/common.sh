# shellcheck shell=bash disable=SC2034  # what is set here is for those who source it
# What the tests of the launcher have in common; to be sourced, with the launcher as the first argument.
# Each test is a function; `try` runs it in a scratch folder of its own and reports it. A test fails by
# `fail WHY`, and goes on to the next one.
set -u
weir=$(realpath "$1")
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
config=$(realpath "$here/../../../config")
scratch=$(mktemp -d)
# What `start` starts has this in its environment, and inherits it, so that it can be found again.
mark=weir-launcher-test-$$-$RANDOM$RANDOM
passed=0 failed=0

# The processes that carry the mark. grep's own environment does not.
marked() { grep -l -s -z -F -e "WEIR_TEST_MARK=$mark" /proc/[0-9]*/environ | sed 's|/proc/||; s|/environ||' || true; }
none_left() { [ -z "$(marked)" ]; }

clean_up() {
  local left
  for left in $(marked); do
    kill -KILL "$left" 2>/dev/null
  done
  rm -rf -- "$scratch"
}
trap clean_up EXIT

fail() {
  printf '  %s: %s\n' "$current" "$1"
  [ -s err ] && head -c 2000 err | sed 's/^/    /'
  bad=1
}

try() {
  current=$1 bad=0
  mkdir "$scratch/$current" && cd "$scratch/$current" || exit 1
  "$current"
  if [ $bad = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  printf '%s %s\n' "$([ $bad = 0 ] && echo passed || echo FAILED)" "$current"
}

finish() {
  echo "$passed passed, $failed failed"
  [ $failed = 0 ]
  exit
}

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# number KEY FILE: a number at the top level of a report.
number() { sed -n "s/^  \"$1\": \([0-9.e+-]*\),\{0,1\}\$/\1/p" "$2"; }

# P1, in the report $1.
balanced() {
  local o a r c f x
  o=$(number offered "$1") a=$(number admitted "$1") r=$(number rejected "$1")
  c=$(number completed "$1") f=$(number failed "$1") x=$(number canceled "$1")
  [ -n "$o" ] && [ "$o" = $((a + r)) ] && [ "$a" = $((c + f + x)) ] ||
    fail "the books do not balance: $o offered, $a admitted, $r rejected; $c completed, $f failed, $x canceled"
}

# is WHAT GOT WANTED
is() { [ "$2" = "$3" ] || fail "$1: $2 instead of $3"; }

# says FILE TEXT
says() { grep -qF -e "$2" "$1" || fail "$1 does not say: $2"; }

# until_true LIMIT_MS COMMAND...: waits until the command succeeds.
until_true() {
  local end=$(($(now_ms) + $1))
  shift
  until "$@"; do
    [ "$(now_ms)" -lt $end ] || return 1
    sleep 0.01
  done
}

# Signals as a terminal would send them: bash makes jobs in the background ignore SIGINT.
start() {
  env --default-signal=INT,TERM,QUIT WEIR_TEST_MARK="$mark" "$weir" "$@" &
  pid=$!
}
