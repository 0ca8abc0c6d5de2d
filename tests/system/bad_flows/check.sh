#!/usr/bin/env bash
# Each flow file here is wrong. `weir run` must end with 2, name what the file's "# expect" lines
# say, print nothing on stdout and start nothing: the flows would leave a file called "started".
# Then what can't be kept as a file; and last a flow that is right, to show that the same does start.
set -u
weir=$(realpath "$1")
flows=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/cwd" && cd "$work/cwd" || exit 1
passed=0 failed=0

complain() {
  echo "FAILED $1: $2"
  sed 's/^/    /' "$work/err"
  ok=0
}

# refused NAME FILE [EXPECTED...]: what "run" with FILE must say.
refused() {
  local name=$1 file=$2 code
  shift 2
  ok=1
  timeout 10 "$weir" run "$file" >"$work/out" 2>"$work/err"
  code=$?
  [ $code = 2 ] || complain "$name" "exit code $code instead of 2"
  [ -s "$work/out" ] && complain "$name" "wrote to stdout"
  [ -e started ] && complain "$name" "something was started"
  [ -s "$work/err" ] || complain "$name" "said nothing"
  for expected in "$@"; do
    grep -qF -- "$expected" "$work/err" || complain "$name" "does not say: $expected"
  done
  rm -f started
  if [ $ok = 1 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

for file in "$flows"/*.toml; do
  expected=()
  while IFS= read -r line; do
    line=${line#\# expect }
    # "8:2 key: text" stands after the file's name as "file:8:2: key: text".
    if [[ $line =~ ^([0-9]+:[0-9]+)\ (.*)$ ]]; then
      expected+=("$file:${BASH_REMATCH[1]}: ${BASH_REMATCH[2]}")
    elif [[ $line =~ ^[0-9]+:$ ]]; then
      expected+=("$file:$line")
    else
      expected+=("$line")
    fi
  done < <(grep '^# expect ' "$file")
  [ ${#expected[@]} -gt 0 ] || { echo "FAILED $file: expects nothing"; failed=$((failed + 1)); }
  refused "$(basename "$file")" "$file" "${expected[@]}"
done

good=$'[source]\nkind = "lines"\n[[stage]]\ntask = "exec"\ncommand = ["touch", "started"]\n[sink]\nkind = "jsonl"\n'
mkdir "$work/folder"
refused directory "$work/folder" "$work/folder: is a directory"
refused missing "$work/none.toml" "$work/none.toml: cannot be opened: No such file or directory"
refused device /dev/zero "/dev/zero: is not a regular file"
printf '%s\0' "$good" >"$work/nul.toml"
refused nul "$work/nul.toml" "$work/nul.toml:8:1: a NUL byte"
printf '# \xff\n%s' "$good" >"$work/bytes.toml"
refused invalid_utf8 "$work/bytes.toml" "$work/bytes.toml:1:3: not UTF-8"
{ printf '%sx = ' "$good"; head -c 200000 /dev/zero | tr '\0' '['; } >"$work/brackets.toml"
refused brackets "$work/brackets.toml" "$work/brackets.toml:8:37: more than 32 brackets are open"
{ printf '%sa' "$good"; for _ in $(seq 2000); do printf '.%0100d' 0; done; } >"$work/dots.toml"
refused dots "$work/dots.toml" "a key has more than 32 parts"
{ printf '%s' "$good"; head -c 1048576 /dev/zero | tr '\0' '#'; } >"$work/large.toml"
refused large "$work/large.toml" "$work/large.toml: larger than 1 MiB"
head -c 65536 /dev/urandom >"$work/random.toml"
refused random "$work/random.toml" "$work/random.toml:"
refused empty /dev/null "/dev/null: is not a regular file"

# The flow on standard input leaves nothing there for its source, named or by default.
for path in '' $'path = "-"\n'; do
  printf '%s' "${good/\[\[stage/"$path"[[stage}" >"$work/stdin.toml"
  refused stdin_twice - 'source.path: standard input is the flow file already' <"$work/stdin.toml"
done

# The twins: what is right in spite of its look.
accepted() {
  ok=1
  timeout 10 "$weir" check "$2" >"$work/out" 2>"$work/err" || complain "$1" "refused"
  grep -q '^ok: ' "$work/out" || complain "$1" "does not say ok"
  if [ $ok = 1 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
printf '\xef\xbb\xbf%s' "$good" >"$work/bom.toml"
accepted byte_order_mark "$work/bom.toml"
printf '%s' "$good" | sed 's/$/\r/' >"$work/crlf.toml"
accepted crlf "$work/crlf.toml"
printf '%s' "$good" >"$work/good.toml"
accepted good "$work/good.toml"
[ -e started ] && { echo "FAILED: check started something"; failed=$((failed + 1)); }
echo line >"$work/lines"
timeout 20 "$weir" run "$work/good.toml" --set source.path="$work/lines" >/dev/null 2>"$work/err"
[ -e started ] || { echo "FAILED: the right flow did not start"; cat "$work/err"; failed=$((failed + 1)); }

echo "$passed passed, $failed failed"
[ $failed = 0 ]
