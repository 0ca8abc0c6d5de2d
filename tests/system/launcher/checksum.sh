#!/usr/bin/env bash
# The manifest of a tree with everything that a file system can hold: each regular file is in the manifest,
# as sha256sum itself would write it, or a named failure.
# usage: checksum.sh WEIR
source "$(dirname "$0")/common.sh" "$1"

# Permissions mean nothing to root, so the launcher must be somebody else.
as_nobody=()
if [ "$(id -u)" = 0 ]; then
  as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chmod 755 "$scratch"
  if ! "${as_nobody[@]}" "$weir" --version >/dev/null 2>&1; then
    cp "$weir" "$scratch/weir" && weir=$scratch/weir
  fi
fi

make_tree() {
  mkdir -p tree/sub/deep
  # shellcheck disable=SC1003  # a name that ends in a backslash
  odd=("plain" "with space" " leading and trailing " $'new\nline' $'two\n\nlines\n' 'back\slash' 'ends in \' $'\\n'
    $'tab\there' $'not \xff\xfe utf-8' $'\xc3\xa4 utf-8' "-leading dash" "--help" ".hidden" "*?[a]" "'\"\$(x)"
    "sub/.deep hidden" $'sub/deep/return\rhere')
  local i=0 name
  for name in "${odd[@]}"; do
    printf 'content %d\n' $((++i)) >"tree/$name"
  done
  : >tree/empty
  truncate -s "$1" tree/large
  echo secret >tree/unreadable
  chmod 000 tree/unreadable
  ln -s nowhere tree/dangling
  ln -s plain tree/link
  mkfifo tree/fifo
  socket tree/socket
}

# socket PATH: leaves a socket there, made without any tool beyond bash where none is there to make one.
socket() {
  if command -v python3 >/dev/null; then
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1"
  elif command -v perl >/dev/null; then
    perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1)' "$1"
  fi
  [ -S "$1" ] || echo "  no tool to make a socket: one kind of file less"
}

odd_names_and_special_files_are_in_the_manifest_or_named() {
  make_tree 1G
  chmod 777 .
  timeout 100 "${as_nobody[@]}" "$weir" run "$config/checksum.toml" --set source.root=tree \
    --report report.json >manifest 2>err
  is "exit code" $? 1
  balanced report.json
  is "regular files offered" "$(number offered report.json)" $((${#odd[@]} + 3))
  is completed "$(number completed report.json)" $((${#odd[@]} + 2))
  is failed "$(number failed report.json)" 1
  is "lines" "$(wc -l <manifest)" $((${#odd[@]} + 2))
  says err "failed: tree/unreadable: "
  says err "Permission denied"
  grep -q unreadable manifest && fail "the unreadable file is in the manifest"
  grep -q -e fifo -e socket -e dangling -e link manifest && fail "what is no regular file is in the manifest"
  sha256sum -c --quiet manifest >check.out 2>&1 || fail "sha256sum -c refuses the manifest"
  [ -s check.out ] && fail "sha256sum -c says: $(head -5 check.out)"
  # Byte for byte what sha256sum itself says, in whatever order.
  find tree -type f ! -name unreadable -print0 | xargs -0 sha256sum | sort >wanted
  sort manifest | cmp -s - wanted || fail "sha256sum writes another manifest: $(sort manifest | diff - wanted | head -5)"
}

special_files_are_named_failures_if_the_flow_says_so() {
  make_tree 1
  chmod 777 .
  timeout 30 "${as_nobody[@]}" "$weir" run "$config/checksum.toml" --set source.root=tree \
    --set source.special=fail --set source.symlinks=follow --report report.json >manifest 2>err
  is "exit code" $? 1
  balanced report.json
  says err "failed: tree/fifo: "
  [ -S tree/socket ] && says err "failed: tree/socket: "
  says err "failed: tree/dangling: "
  says err "failed: tree/unreadable: "
  grep -q '  tree/link$' manifest || fail "what the link leads to is not in the manifest"
  sha256sum -c --quiet manifest >check.out 2>&1 || fail "sha256sum -c refuses the manifest"
}

a_file_that_has_vanished_is_a_named_failure() {
  echo here >here
  printf '%s\n' "$PWD/here" "$PWD/gone" "$PWD/here" >paths
  printf '[source]\nkind="lines"\npath="paths"\n[[stage]]\ntask="sha256"\n[sink]\nkind="sha256sum"\n' >flow.toml
  timeout 30 "$weir" run flow.toml --report report.json >manifest 2>err
  is "exit code" $? 1
  balanced report.json
  is completed "$(number completed report.json)" 2
  is failed "$(number failed report.json)" 1
  says err "failed: $PWD/gone: "
  says err "No such file or directory"
  sha256sum -c --quiet manifest >check.out 2>&1 || fail "sha256sum -c refuses the manifest"
}

files_that_vanish_while_the_run_goes_on_leave_balanced_books() {
  mkdir tree
  local i
  for i in {1..2000}; do echo "$i" >"tree/$i"; done
  "$weir" run "$config/checksum.toml" --set source.root=tree --set stage.parallelism=2 \
    --report report.json >manifest 2>err &
  local pid=$!
  for i in {2000..1..3}; do rm -f "tree/$i"; done
  wait "$pid"
  code=$?
  [ "$code" = 0 ] || [ "$code" = 1 ] || fail "exit code $code"
  balanced report.json
  is "lines" "$(wc -l <manifest)" "$(number completed report.json)"
  is "named failures" "$(grep -c '^failed: ' err)" "$(number failed report.json)"
  is canceled "$(number canceled report.json)" 0
}

an_empty_folder_has_an_empty_manifest() {
  mkdir tree
  timeout 30 "$weir" run "$config/checksum.toml" --set source.root=tree --report report.json >manifest 2>err
  is "exit code" $? 0
  [ -s manifest ] && fail "something is in the manifest"
  is offered "$(number offered report.json)" 0
  balanced report.json
}

a_manifest_below_the_root_is_not_in_itself() {
  mkdir -p tree/in
  echo a >tree/a
  local i
  for i in first second; do
    timeout 30 "$weir" run "$config/checksum.toml" --set source.root=tree --set sink.path=tree/in/manifest \
      --report tree/report 2>err
    is "exit code of the $i run" $? 0
    is "lines of the $i run" "$(wc -l <tree/in/manifest)" 1
    sha256sum -c --quiet tree/in/manifest >check.out 2>&1 || fail "sha256sum -c refuses the $i manifest"
  done
  rm -r tree/in tree/report
  ln -s a tree/link
  timeout 30 "$weir" run "$config/checksum.toml" --set source.root=tree --set source.symlinks=follow \
    --set sink.path=tree/link 2>err
  is "lines through a link" "$(wc -l <tree/a)" 0
  echo a >tree/a
  timeout 30 "$weir" run "$config/checksum.toml" --set source.root=tree >tree/redirected 2>err
  is "lines of a redirected run" "$(wc -l <tree/redirected)" 1
}

a_root_that_is_not_there_starts_nothing_and_is_named() {
  timeout 30 "$weir" run "$config/checksum.toml" --set source.root=tree --report report.json >manifest 2>err
  is "exit code" $? 2
  [ -s manifest ] && fail "something is in the manifest"
  [ -e report.json ] && fail "there is a report"
  says err 'there is no "tree" to read (No such file or directory)'
}

try odd_names_and_special_files_are_in_the_manifest_or_named
try special_files_are_named_failures_if_the_flow_says_so
try a_file_that_has_vanished_is_a_named_failure
try files_that_vanish_while_the_run_goes_on_leave_balanced_books
try an_empty_folder_has_an_empty_manifest
try a_manifest_below_the_root_is_not_in_itself
try a_root_that_is_not_there_starts_nothing_and_is_named
finish
