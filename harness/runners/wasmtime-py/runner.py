"""The runner of wasmtime-py: Wasmtime's C library in Python.

It speaks the protocol of `harness/runner-kit/src/protocol.rs`, as that crate's `serve` does for
library runtimes. One script for all versions from 13 on: where their interfaces differ, it takes
what is there. Its argument is the directory that the package `wasmtime` was fetched into.
"""

import importlib.metadata
import inspect
import json
import os
import sys
import time

PACKAGES = sys.argv[1:2]
sys.path[:0] = PACKAGES
# The packages are an entry of the cache, in which nothing else belongs.
sys.dont_write_bytecode = True

import wasmtime  # noqa: E402

PROTOCOL_VERSION = 1
REQUEST_FD = 3
REPLY_FD = 4

NO_RIGHTS = "preopen_dir takes no rights in this version of wasmtime-py"
NO_SOCKETS = "a WasiConfig takes no sockets"
U32 = 0xFFFF_FFFF


def identity():
    missing_capabilities = [{"capability": "sockets", "reason": NO_SOCKETS}]
    if read_only() is None:
        missing_capabilities.append({"capability": "read_only_preopens", "reason": NO_RIGHTS})
    return {
        "runtime": "wasmtime-py",
        "version": version(),
        "details": f"wasmtime's C API, Cranelift, Python {sys.version.split()[0]}",
        "missing_capabilities": missing_capabilities,
    }


def version():
    """No function of the library returns it, but the package that contains the library has it."""
    found = importlib.metadata.distributions(name="wasmtime", path=PACKAGES or sys.path)
    return next(iter(found)).version


def read_only():
    """The arguments for a read-only preopen, if this version has any."""
    named = inspect.signature(wasmtime.WasiConfig.preopen_dir).parameters
    if "fs_mutable" in named:
        return {"fs_mutable": False}
    if "dir_perms" in named:
        return {
            "dir_perms": wasmtime.DirPerms.READ_ONLY,
            "file_perms": wasmtime.FilePerms.READ_ONLY,
        }
    return None


class Unsupported(Exception):
    """The runtime has no way to run this guest; the message says why."""


class Runtime:
    def __init__(self):
        self.engine = wasmtime.Engine()
        self.linker = wasmtime.Linker(self.engine)
        self.linker.define_wasi()
        self.modules = {}

    def recall(self, request):
        """The compiled module of a request: from the cache, or compiled now and cached."""
        if request["sha256"] not in self.modules:
            with open(request["wasm"], "rb") as file:
                wasm = file.read()
            try:
                self.modules[request["sha256"]] = wasmtime.Module(self.engine, wasm)
            except wasmtime.WasmtimeError as error:
                raise Unsupported(last_cause(error)) from error
        return self.modules[request["sha256"]]

    def store(self, request):
        """The store in which a guest runs. This opens the named pipes."""
        store = wasmtime.Store(self.engine)
        store.set_wasi(configuration(request))
        return store

    def run(self, module, store, request, left):
        """Runs a guest to completion. `left` receives the globals as the guest leaves them."""
        try:
            instance = self.linker.instantiate(store, module)
        except wasmtime.Trap as trap:
            return {"kind": "trap", "message": last_cause(trap)}
        except wasmtime.WasmtimeError as error:
            raise Unsupported(last_cause(error)) from error
        exports = instance.exports(store)
        given = request.get("globals") or {}
        globals_ = {
            name: exports[name]
            for name in given
            if name in exports and isinstance(exports[name], wasmtime.Global)
        }
        for name, export in globals_.items():
            export.set_value(store, wasmtime.Val.i32(given[name]))
        try:
            exports["_start"](store)
            return {"kind": "exit", "code": 0}
        except wasmtime.ExitTrap as end:
            return {"kind": "exit", "code": end.code & U32}
        except wasmtime.Trap as trap:
            return {"kind": "trap", "message": last_cause(trap)}
        except wasmtime.WasmtimeError as error:
            # An error of the host ends the guest like a trap, and has no trap code.
            return {"kind": "trap", "message": last_cause(error)}
        finally:
            left.update((name, export.value(store)) for name, export in globals_.items())


def configuration(request):
    config = wasmtime.WasiConfig()
    config.argv = request["args"]
    config.env = request["env"]
    # Named pipes whose other ends are open already. Inherited streams would be shared by all guests:
    # stdin that one guest leaves unread would reach the next.
    config.stdin_file, config.stdout_file, config.stderr_file = request["stdio"]
    for preopen in request["preopens"]:
        rights = read_only() if preopen["read_only"] else {}
        config.preopen_dir(preopen["host"], preopen["guest"], **rights)
    return config


def last_cause(error):
    """Wasmtime's message about the cause: the last line, unless there is a whole backtrace."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    traps = [line for line in lines if "wasm trap: " in line]
    return (traps or lines or [type(error).__name__])[-1]


def answer(runtime, message):
    request, left = message["run"], {}
    compile_us = execute_us = 0
    running = None
    begin = time.perf_counter()
    try:
        module = runtime.recall(request)
        compile_us = micros(begin)
        store = runtime.store(request)
        send({"event": "started", "id": message["id"]})
        running = time.perf_counter()
        outcome = runtime.run(module, store, request, left)
    except Unsupported as error:
        outcome = {"kind": "unsupported", "reason": str(error)}
    except Exception as error:  # What goes wrong here is no fault of the runtime's.
        outcome = {"kind": "error", "message": f"{type(error).__name__}: {error}"}
    if running is not None:
        execute_us = micros(running)
    done = {
        "event": "done",
        "id": message["id"],
        "outcome": outcome,
        "compile_us": compile_us,
        "execute_us": execute_us,
        "globals": {**(request.get("globals") or {}), **left},
    }
    send(done)


def micros(begin):
    return int((time.perf_counter() - begin) * 1_000_000)


def send(reply):
    line = json.dumps(reply).encode() + b"\n"
    while line:
        line = line[os.write(REPLY_FD, line) :]


def main():
    runtime = Runtime()
    send({"event": "hello", "protocol": PROTOCOL_VERSION, **identity()})
    with os.fdopen(REQUEST_FD, "rb") as requests:
        for line in requests:
            answer(runtime, json.loads(line))


if __name__ == "__main__":
    main()
