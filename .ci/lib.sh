# Sourced by the other scripts in this directory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Packages outside the workspace, each with a lock file of its own.
runners=(harness/runners/{wasmtime,wasmer,wasmedge,wasmi,wasmtime-p2})
cache=${WASI_CONFORMANCE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wasi-conformance}

step() {
  printf '\n== %s\n' "$*"
  "$@"
}
