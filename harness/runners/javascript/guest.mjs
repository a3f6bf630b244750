/**
 * Compiling a guest and running it to its end, in whatever engine: with Node's API or in a browser.
 *
 * What runs a guest is an object with `link(module)`, then `exports`, and `start()`, which returns
 * the exit status. What JavaScript throws in place of one is a trap: it never is an exit.
 */

/** The runtime has no way to run this guest; the message says why. */
export class Unsupported extends Error {}

/** Compiles a command. Anything else is refused. */
export function compile(bytes) {
  const module = new WebAssembly.Module(bytes);
  const kinds = new Map(WebAssembly.Module.exports(module).map((e) => [e.name, e.kind]));
  const isCommand = kinds.get('_start') === 'function' && !kinds.has('_initialize');
  if (!isCommand || kinds.get('memory') !== 'memory') {
    throw new Unsupported('a command exports `_start` and `memory`, and no `_initialize`');
  }
  return module;
}

/** Makes an instance. Of what may fail here, a start section or a data segment may trap already. */
export function instantiate(module, imports) {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (error) {
    throw error instanceof WebAssembly.RuntimeError ? error : new Unsupported(error.message);
  }
}

/** Runs a guest, with globals by name that it is given and that it leaves. */
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

/** Those of these globals that the guest exports, with their names. */
function globalsOf({ exports }, globals) {
  const named = Object.keys(globals).map((name) => [name, exports[name]]);
  return named.filter(([, global]) => global instanceof WebAssembly.Global);
}

/** How a guest ended that did not exit. */
export function failure(error, running = false) {
  const message = String(error?.message ?? error);
  // While it runs, a stack overflow (a RangeError) and what the WASI layer throws end it as well.
  if (running || error instanceof WebAssembly.RuntimeError) return { kind: 'trap', message };
  const refused = error instanceof Unsupported || error instanceof WebAssembly.CompileError;
  return refused ? { kind: 'unsupported', reason: message } : { kind: 'error', message };
}

/** Whole microseconds since some `performance.now()`. */
export function since(begin) {
  return Math.round((performance.now() - begin) * 1000);
}
