#!/usr/bin/env bash
# Installs a build of Weir into a prefix of its own, builds a small outside project against it and
# compares what both programs print.
# usage: check.sh BUILD_DIR VERSION COMPILER CXX_FLAGS
set -euo pipefail

build_dir=$1 weir_version=$2 compiler=$3 cxx_flags=$4
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

fail() {
  printf 'package: %s\n' "$*" >&2
  exit 1
}
# Shows what a step said only if it failed.
step() {
  local what=$1
  shift
  "$@" >"$scratch/log" 2>&1 || {
    cat -- "$scratch/log" >&2
    fail "$what failed, see above"
  }
}

step 'installing' cmake --install "$build_dir" --prefix "$scratch/prefix"
step 'configuring the outside project' cmake -S "$here" -B "$scratch/build" -G Ninja \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$cxx_flags" -DCMAKE_PREFIX_PATH="$scratch/prefix"
grep -q "^weir_DIR:PATH=$scratch/prefix/" "$scratch/build/CMakeCache.txt" ||
  fail "the outside project found another Weir: $(grep '^weir_DIR' "$scratch/build/CMakeCache.txt")"
step 'building the outside project' cmake --build "$scratch/build"

printed=$("$scratch/build/weir_user")
[[ $printed == $'1\n4\n9\n16' ]] || fail "the outside project printed '$printed', not the squares of 1 to 4"
if [[ -e $build_dir/runtime/testing/libweir_testing.a ]]; then
  step 'exploring schedules of the outside project' "$scratch/build/weir_user_test"
fi
version=$("$scratch/prefix/bin/weir" --version)
[[ $version == *"$weir_version"* ]] || fail "the installed launcher says it is '$version', not $weir_version"

# The package must refuse a version that it isn't.
if cmake -S "$here" -B "$scratch/newer" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" -DWEIR_WANTED=999 >"$scratch/log" 2>&1; then
  fail 'find_package(weir 999) accepted this version'
fi
grep -q 'with requested version "999"' "$scratch/log" || {
  cat -- "$scratch/log" >&2
  fail 'find_package(weir 999) failed for another reason than the version'
}
printf 'package: installed, found, linked and run\n'
