#!/usr/bin/env bash
# The steps of the GitHub Action (action.yml). They also run locally:
#
#   .github/action.sh key       prints the cache directory and its key for GitHub
#   .github/action.sh install   builds the command from this checkout, unless the cache has it
#   .github/action.sh run       runs, compares and writes the summary, configured by variables WC_*
#
# GITHUB_OUTPUT and GITHUB_STEP_SUMMARY are files that GitHub reads; without them, their contents go to
# stdout. WASI_CONFORMANCE names a command to use instead of the installed one.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${WASI_CONFORMANCE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wasi-conformance}
output=${GITHUB_OUTPUT:-/dev/stdout}
summary=${GITHUB_STEP_SUMMARY:-/dev/stdout}

fail() {
  echo "::error::$*"
  exit 2
}

# A digest of the sources and the compiler.
digest() {
  {
    rustc -vV
    cd "$checkout"
    find Cargo.lock Cargo.toml harness expectations guests reports \
      \( -name target -prune \) -o -type f -print0 | sort -z | xargs -0 sha256sum
  } | sha256sum | cut -c1-16
}

key() {
  local start="wasi-conformance-${RUNNER_OS:-$(uname -s)}-${RUNNER_ARCH:-$(uname -m)}-"
  {
    echo "cache=$cache"
    echo "key=$start$(digest)"
    # Older caches are still useful: runners do not change with every case.
    echo "restore=$start"
  } >>"$output"
}

install() {
  local root=$cache/installed digest
  digest=$(digest)
  if [[ -x $root/bin/wasi-conformance && $(cat "$root/digest" 2>/dev/null) == "$digest" ]]; then
    echo "wasi-conformance is installed already"
    return
  fi
  cargo install --locked --path "$checkout/harness" --root "$root" --force \
    --target-dir "${RUNNER_TEMP:-/tmp}/wasi-conformance-build"
  echo "$digest" >"$root/digest"
}

# Adds an option to `options` for each nonempty line of a text.
each_line() {
  local option=$1 line
  while IFS= read -r line; do
    line=${line%$'\r'}
    [[ -z $line ]] || options+=("$option" "$line")
  done <<<"$2"
}

run() {
  local program=${WASI_CONFORMANCE:-$cache/installed/bin/wasi-conformance}
  local out=${WC_OUT:-wasi-conformance-results} status=0 compared=0 fail_on=${WC_FAIL_ON:-}
  local options=() words=()
  [[ -n $fail_on ]] || fail_on=$([[ -n ${WC_BASELINE:-} ]] && echo regression || echo unexpected)
  case $fail_on in
    unexpected | never) ;;
    regression) [[ -n ${WC_BASELINE:-} ]] || fail "fail-on: regression needs a baseline" ;;
    *) fail "fail-on: \`$fail_on\` must be unexpected, regression or never" ;;
  esac
  if [[ -n ${WC_MERGE:-} ]]; then
    options=(merge "$WC_MERGE" --out "$out")
  else
    options=(run --out "$out")
    [[ -z ${WC_RUNTIME:-} ]] || options+=(--runtime "$WC_RUNTIME")
    [[ -z ${WC_SHARD:-} ]] || options+=(--shard "$WC_SHARD")
    each_line --runtime-bin "${WC_RUNTIME_BIN:-}"
    each_line --runtimes-file "${WC_RUNTIMES_FILE:-}"
    each_line --filter "${WC_FILTER:-}"
    read -ra words <<<"${WC_ARGS:-}" || true
    options+=("${words[@]}")
  fi
  "$program" "${options[@]}" || status=$?
  ((status < 2)) || exit "$status"
  {
    echo "run=$out/run.json"
    echo "status=$status"
  } >>"$output"
  if [[ -n ${WC_BASELINE:-} ]]; then
    local baseline=$WC_BASELINE
    [[ $baseline != published ]] || baseline=$checkout/expectations/snapshots
    options=(compare "$baseline" "$out/run.json" --format markdown --out "$out/comparison.md")
    each_line --allow "${WC_ALLOW:-}"
    "$program" "${options[@]}" || compared=$?
    ((compared < 2)) || exit "$compared"
    echo "regressed=$( ((compared)) && echo true || echo false)" >>"$output"
    cat "$out/comparison.md" >>"$summary"
  fi
  # Both always fit into GitHub's size limit.
  cat "$out/comment.md" >>"$summary"
  case $fail_on in
    unexpected) exit "$status" ;;
    regression) exit "$compared" ;;
    never) exit 0 ;;
  esac
}

case ${1:-} in
  key) key ;;
  install) install ;;
  run) run ;;
  *) fail "usage: $0 key|install|run" ;;
esac
