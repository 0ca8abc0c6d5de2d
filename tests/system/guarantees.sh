#!/usr/bin/env bash
# guarantees.sh ROOT: every test that docs/guarantees.md and docs/job_lifecycle.md name exists.
# The backticks are Markdown's.
# shellcheck disable=SC2016
set -euo pipefail

root=${1:?the root of the source tree}
cd -- "$root"

cases=$(find tests -name '*.cpp' -exec cat {} + | tr -s '\n ' ' ' |
  grep -oE 'BOOST_(AUTO|FIXTURE)_TEST_CASE\( ?[A-Za-z0-9_]+' | sed 's/.*( \?//')
programs=$(grep -rhoE '(launcher_test|weir_example|add_test\(NAME|weir_test)\(?\s*[A-Za-z0-9_]+' tests examples --include=CMakeLists.txt)
missing=0
for page in docs/guarantees.md docs/job_lifecycle.md; do
  # Names of tests are sentences: three words or more.
  while IFS= read -r name; do
    if ! grep -qx -- "$name" <<<"$cases"; then
      printf '%s names the test %s, which does not exist\n' "$page" "$name"
      missing=1
    fi
  done < <(grep -oE '`[a-z][a-z0-9]*(_[a-z0-9]+){3,}`' "$page" | tr -d '`' | sort -u)
  while IFS= read -r name; do
    if ! grep -qE "(^|[^a-z_])${name#*_}\b" <<<"$programs"; then
      printf '%s names the test %s, which CTest does not have\n' "$page" "$name"
      missing=1
    fi
  done < <(grep -oE '`(launcher|example)_[a-z_]+`' "$page" | tr -d '`' | sort -u)
done
exit "$missing"
