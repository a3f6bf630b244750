#!/bin/sh
# A fake command-line runtime: it prints what the guests of the harness's own tests would print, or
# fails as the first argument of the guest says.
#
#     command.sh [--dir GUEST=HOST] [--env NAME=VALUE] -- MODULE ARGS...
set -eu

if [ "$1" = --version ]; then
    echo 'fake 1.2.3'
    exit
fi

environment=
while [ "$1" != -- ]; do
    case $1 in
    --dir) data=${2#/data=} ;;
    --env) environment="${environment}env $2
" ;;
    esac
    shift 2
done
shift

# The smoke test: everything is passed through.
smoke_test() {
    number=0
    for argument; do
        number=$((number + 1))
        echo "arg $number=$argument"
    done
    printf %s "${environment}stdin "
    cat
    printf '\nfile %s\n' "$(cat "$data/in.txt")"
    { cat "$data/in.txt" && echo && printf '%s\n' "$@"; } >"$data/out.txt"
    exit 33
}

module=$1
program=${1##*/}
shift
case $program:$1 in
smoke_test.wasm:all) smoke_test "$@" ;;
smoke_test.wasm:trap)
    echo 'trap: unreachable' >&2
    exit 134
    ;;
fake.wasm:open)
    if [ -e "$data/$2" ]; then errno=success; else errno=noent; fi
    echo "open $2 -> $errno"
    ;;
fake.wasm:wrong_errno) echo 'open missing -> acces' ;;
fake.wasm:traps)
    echo 'trap: unreachable' >&2
    exit 134
    ;;
fake.wasm:imitates_a_trap)
    echo 'trap: unreachable' >&2
    # A guest whose `proc_exit` has a code of the harness exits with that.
    case $module in
    */exits-99/*) exit 99 ;;
    esac
    exit 134
    ;;
fake.wasm:hang)
    echo before
    # Not exec: a child of the command must not outlive it either.
    sleep 1000
    ;;
fake.wasm:abort)
    echo before
    kill -s ABRT $$
    ;;
fake.wasm:leaves_a_daemon)
    setsid env -i sleep 1000 </dev/null >/dev/null 2>&1 &
    echo $!
    ;;
fake.wasm:endless_output) exec yes more ;;
fake.wasm:closes_early)
    # Like programs that close their streams themselves, to notice a full disk.
    exec >&- 2>&-
    sleep 0.2
    exit 5
    ;;
esac
