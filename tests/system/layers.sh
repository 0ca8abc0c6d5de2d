#!/usr/bin/env bash
# The layers depend one way; this reads it off what the files include:
#   examples, tests, bench -> runtime -> actors -> actors/policy -> the standard library
# With --self-test it plants breaches of every rule, and checks that each is found and that their
# permitted twins are not.
# usage: layers.sh TREE | layers.sh --self-test
set -euo pipefail

# A regular expression of what follows `#include `: what no layer below the top may include.
above_runtime='[<"](weir/)?(\.\./)*(examples|tests|bench)/'

# forbid TREE FOLDER REGEX WHY [EXCEPT]: shows each include in FOLDER, without its folder EXCEPT, that matches.
forbid() {
  local tree=$1 folder=$2 regex=$3 why=$4 except=${5:-} found
  local -a prune=()
  if [[ ! -d $tree/$folder ]]; then
    printf 'layers: there is no folder %s\n' "$tree/$folder"
    return 1
  fi
  [[ -z $except ]] || prune=(-path "$tree/$folder/$except" -prune -o)
  found=$(find "$tree/$folder" "${prune[@]}" -type f \( -name '*.hpp' -o -name '*.cpp' \) -print0 |
    xargs -0 -r grep -HnP "^\s*#\s*include\s*$regex" || true)
  [[ -n $found ]] || return 0
  printf '%s\nlayers: %s\n' "$found" "$why"
  return 1
}

check() {
  local tree=$1 status=0
  # A header whose name has neither a slash nor a dot is the standard library's.
  forbid "$tree" actors/policy '((?!<weir/actors/policy/)<[^>]*[/.]|")' \
    'actors/policy includes the standard library and <weir/actors/policy/...> only' || status=1
  forbid "$tree" actors "([<\"](\.\./)*(weir/)?(runtime/|weir\.hpp)|$above_runtime)" \
    'actors includes nothing of the layers above it' policy || status=1
  forbid "$tree" runtime "$above_runtime" 'runtime includes nothing of the layers above it' || status=1
  forbid "$tree" examples '[<"](\.\./)*weir/(?!(weir|nodes|runtime/launcher/launcher)\.hpp[>"])' \
    'an example includes the public face only: <weir/weir.hpp>, <weir/nodes.hpp>, <weir/runtime/launcher/launcher.hpp>' || status=1
  return "$status"
}

# planted FOLDER HEADER found|fine: one include in a tree that is clean otherwise.
planted() {
  local tree verdict=found
  tree=$(mktemp -d -p "$scratch")
  mkdir -p -- "$tree"/{actors/policy,runtime/launcher,examples}
  printf '#pragma once\n#include %s\n' "$2" >"$tree/$1/planted.hpp"
  ! check "$tree" >/dev/null || verdict=fine
  if [[ $verdict != "$3" ]]; then
    printf 'layers: %s in %s was %s, not %s\n' "$2" "$1" "$verdict" "$3"
    return 1
  fi
}

self_test() {
  local status=0
  planted actors/policy '<caf/actor.hpp>' found || status=1
  planted actors/policy '<spdlog/spdlog.h>' found || status=1
  planted actors/policy '<unistd.h>' found || status=1
  planted actors/policy '<weir/actors/clock.hpp>' found || status=1
  planted actors/policy '"../clock.hpp"' found || status=1
  planted actors/policy '<weir/actors/policy/span.hpp>' fine || status=1
  planted actors/policy '<vector>' fine || status=1
  planted actors '<weir/runtime/engine.hpp>' found || status=1
  planted actors '"../runtime/engine.hpp"' found || status=1
  planted actors '<weir/weir.hpp>' found || status=1
  planted actors '<weir/actors/policy/span.hpp>' fine || status=1
  planted actors '<caf/actor.hpp>' fine || status=1
  planted runtime '"../tests/support/schedule.hpp"' found || status=1
  planted runtime/launcher '<bench/peer.hpp>' found || status=1
  planted runtime '<weir/actors/clock.hpp>' fine || status=1
  planted examples '<weir/actors/station.hpp>' found || status=1
  planted examples '<weir/runtime/engine.hpp>' found || status=1
  planted examples '<weir/weir.hpp>' fine || status=1
  planted examples '<weir/runtime/launcher/launcher.hpp>' fine || status=1
  return "$status"
}

case ${1:-} in
  --self-test)
    scratch=$(mktemp -d)
    trap 'rm -rf -- "$scratch"' EXIT
    self_test
    ;;
  '')
    printf 'usage: layers.sh TREE | layers.sh --self-test\n' >&2
    exit 2
    ;;
  *) check "$1" ;;
esac
