/**
 * The runner of node:wasi, which is uvwasi behind V8's WebAssembly.
 *
 * It speaks the protocol of `harness/runner-kit/src/protocol.rs`, as that crate's `serve` does for
 * embedded runtimes. What is Node's own comes first: `IDENTITY` and `Guest`.
 *
 * A guest writes to pipes of its own, never to this process's descriptors 0 to 2. So Node's warning
 * that node:wasi is experimental cannot get into a guest's stderr.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { WASI } from 'node:wasi';

// With V8's fast calls, Node 20 ruins its own memory once it has optimised a guest's calls into
// node:wasi: https://github.com/nodejs/node/issues/53087. That would strike a case at random.
setFlagsFromString('--no-turbo-fast-api-calls');

const NO_READ_ONLY = 'node:wasi takes a preopen as a name and a path, without rights';
const NO_SOCKETS = 'node:wasi hands on no sockets to uvwasi';
const IDENTITY = {
  runtime: 'node',
  version: process.versions.node,
  details: `uvwasi ${process.versions.uvwasi}, V8 ${process.versions.v8}`,
  cannot: [
    { what: 'read_only_preopens', reason: NO_READ_ONLY },
    { what: 'sockets', reason: NO_SOCKETS },
  ],
};

/** One run of a module. */
class Guest {
  #wasi;
  #instance;

  constructor({ args, env, preopens }, [stdin, stdout, stderr]) {
    const folders = preopens.map(({ guest, host }) => [guest, host]);
    const given = { args, env: inOrder(env), preopens: inOrder(folders), stdin, stdout, stderr };
    this.#wasi = new WASI({ version: 'preview1', returnOnExit: true, ...given });
  }

  link(module) {
    try {
      const imports = { wasi_snapshot_preview1: this.#wasi.wasiImport };
      this.#instance = new WebAssembly.Instance(module, imports);
    } catch (error) {
      // A start section or a data segment may trap already here.
      throw error instanceof WebAssembly.RuntimeError ? error : new Unsupported(error.message);
    }
  }

  get exports() {
    return this.#instance.exports;
  }

  /** Runs the guest and returns its exit status, which JavaScript sees as a signed number. */
  start() {
    return this.#wasi.start(this.#instance) >>> 0;
  }
}

/**
 * Names and values as node:wasi wants them: as the entries of an object. A plain object would move
 * names such as `1` to its front, so this one says itself in what order its names are.
 */
function inOrder(pairs) {
  const names = pairs.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new Unsupported(`node:wasi takes an object, which cannot hold \`${twice}\` twice`);
  }
  return new Proxy(Object.fromEntries(pairs), { ownKeys: () => names });
}

// What follows holds for any engine that has node:fs and such a `Guest`.

const PROTOCOL_VERSION = 1;
const REQUEST_FD = 3;
const REPLY_FD = 4;

/** The runtime has no way to run this guest; the message says why. */
class Unsupported extends Error {}

const modules = new Map();

/** The compiled module of a launch: from memory, or compiled now and kept there. */
function recall({ wasm, sha256 }) {
  if (!modules.has(sha256)) {
    const module = new WebAssembly.Module(readFileSync(wasm));
    const kinds = new Map(WebAssembly.Module.exports(module).map((e) => [e.name, e.kind]));
    const isCommand = kinds.get('_start') === 'function' && !kinds.has('_initialize');
    if (!isCommand || kinds.get('memory') !== 'memory') {
      throw new Unsupported('a command exports `_start` and `memory`, and no `_initialize`');
    }
    modules.set(sha256, module);
  }
  return modules.get(sha256);
}

/** Opens the named pipes, whose other ends are open already. */
function openStreams(paths) {
  return paths.map((path, i) => openSync(path, i === 0 ? constants.O_RDONLY : constants.O_WRONLY));
}

/** The descriptors of this process, less that of the listing itself, which is closed again. */
function openDescriptors() {
  return readdirSync('/dev/fd').map(Number).filter(isOpen);
}

function isOpen(fd) {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/**
 * Closes what has been opened since: streams, preopens, and what the guest left open. An engine
 * need not close them (uvwasi does not), and to ask it to might hang if the guest brought it there.
 */
function closeAllBut(earlier) {
  openDescriptors()
    .filter((fd) => !earlier.includes(fd))
    .forEach((fd) => closeSync(fd));
}

function answer({ id, launch }) {
  const since = (begin) => Math.round((performance.now() - begin) * 1000);
  let [compile_us, execute_us, running] = [0, 0, false];
  let [outcome, guest] = [];
  const before = openDescriptors();
  let begin = performance.now();
  try {
    const module = recall(launch);
    compile_us = since(begin);
    guest = new Guest(launch, openStreams(launch.stdio));
    send({ event: 'started', id });
    begin = performance.now();
    guest.link(module);
    running = true;
    for (const [name, global] of globalsOf(guest, launch)) global.value = launch.globals[name];
    outcome = { kind: 'exit', code: guest.start() };
  } catch (error) {
    outcome = failure(error, running);
  }
  if (running) execute_us = since(begin);
  closeAllBut(before);
  const left = running ? globalsOf(guest, launch).map(([name, { value }]) => [name, value]) : [];
  const globals = { ...launch.globals, ...Object.fromEntries(left) };
  send({ event: 'done', id, outcome, compile_us, execute_us, globals });
}

/** Those of the globals of a launch that the guest exports, with their names. */
function globalsOf({ exports }, { globals = {} }) {
  const named = Object.keys(globals).map((name) => [name, exports[name]]);
  return named.filter(([, global]) => global instanceof WebAssembly.Global);
}

/** How a guest ended that did not exit. */
function failure(error, running) {
  const message = String(error?.message ?? error);
  // While it runs, a stack overflow (a RangeError) and what the WASI layer throws end it as well.
  if (running || error instanceof WebAssembly.RuntimeError) return { kind: 'trap', message };
  const refused = error instanceof Unsupported || error instanceof WebAssembly.CompileError;
  return refused ? { kind: 'unsupported', reason: message } : { kind: 'error', message };
}

/** The lines of a descriptor until its end. (Node's readline would also split at U+2028.) */
function* lines(fd) {
  const chunk = Buffer.alloc(64 * 1024);
  let rest = Buffer.alloc(0);
  for (let length; (length = readSync(fd, chunk)) > 0; ) {
    rest = Buffer.concat([rest, chunk.subarray(0, length)]);
    for (let end; (end = rest.indexOf('\n')) >= 0; rest = rest.subarray(end + 1)) {
      yield rest.toString('utf8', 0, end);
    }
  }
}

function send(reply) {
  writeFileSync(REPLY_FD, `${JSON.stringify(reply)}\n`);
}

send({ event: 'hello', protocol: PROTOCOL_VERSION, ...IDENTITY });
for (const line of lines(REQUEST_FD)) answer(JSON.parse(line));
