/**
 * Compiles a guest and runs it to completion in any JavaScript engine, Node or a browser.
 *
 * A guest is an object with `link(module)`, then `exports`, and `start()`, which returns the exit
 * status. Anything that JavaScript throws instead is a trap, never an exit.
 */

/** The runtime has no way to run this guest; the message says why. */
export class Unsupported extends Error {}

/** Compiles a command. Any other module is refused. */
export function compile(bytes) {
  const module = new WebAssembly.Module(bytes);
  const kinds = new Map(WebAssembly.Module.exports(module).map((e) => [e.name, e.kind]));
  const isCommand = kinds.get('_start') === 'function' && !kinds.has('_initialize');
  if (!isCommand || kinds.get('memory') !== 'memory') {
    throw new Unsupported('a command exports `_start` and `memory`, and no `_initialize`');
  }
  return module;
}

/** Instantiates a guest. A start section or a data segment may trap already. */
export function instantiate(module, imports) {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (error) {
    throw error instanceof WebAssembly.RuntimeError ? error : new Unsupported(error.message);
  }
}

/** Runs a guest. `globals` are set by name before it starts, and read when it has ended. */
export function run(guest, module, globals = {}) {
  let [outcome, running] = [undefined, false];
  const begin = performance.now();
  try {
    guest.link(module);
    running = true;
    for (const [name, global] of globalsOf(guest, globals)) global.value = globals[name];
    outcome = { kind: 'exit', code: guest.start() };
  } catch (error) {
    outcome = failure(error, running);
  }
  const execute_us = since(begin);
  const left = running ? globalsOf(guest, globals).map(([name, { value }]) => [name, value]) : [];
  return { outcome, execute_us, globals: { ...globals, ...Object.fromEntries(left) } };
}

/** The globals of these names that the guest exports. */
function globalsOf({ exports }, globals) {
  const named = Object.keys(globals).map((name) => [name, exports[name]]);
  return named.filter(([, global]) => global instanceof WebAssembly.Global);
}

/** The outcome of a guest that did not exit. */
export function failure(error, running = false) {
  const message = String(error?.message ?? error);
  // While it runs, a stack overflow (a RangeError) or an exception of the WASI layer is a trap too.
  if (running || error instanceof WebAssembly.RuntimeError) return { kind: 'trap', message };
  const refused = error instanceof Unsupported || error instanceof WebAssembly.CompileError;
  return refused ? { kind: 'unsupported', reason: message } : { kind: 'error', message };
}

/** Whole microseconds since a `performance.now()`. */
export function since(begin) {
  return Math.round((performance.now() - begin) * 1000);
}
