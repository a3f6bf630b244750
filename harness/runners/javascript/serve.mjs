/**
 * The loop of a runner in an engine with node:fs. It speaks the protocol of
 * `harness/runner-kit/src/protocol.rs`, as that crate's `serve` does for library runtimes.
 *
 * A guest has its own pipes, never this process's descriptors 0 to 2. So messages of an engine
 * (that node:wasi is experimental) cannot get into a guest's output.
 */
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { compile, failure, run, since } from './guest.mjs';

const PROTOCOL_VERSION = 1;
// Opened by name, because Deno does not let a script use descriptors 3 and 4, which it has not
// opened itself.
const REQUESTS = '/dev/fd/3';
const REPLIES = '/dev/fd/4';

/** Yields the requests one by one. */
export const requests = messages(openSync(REQUESTS, 'r'));
const replies = openSync(REPLIES, 'w');
const modules = new Map();

/**
 * Serves requests until there are no more. `start(request)` opens a guest's streams and returns the
 * guest (see `guest.mjs`). Its `end()` is called when the guest has ended, and closes all that is
 * still open, including the streams.
 */
export function serve(identity, start) {
  greet(identity);
  for (const request of requests) answer(request, start);
}

export function greet(identity) {
  send({ event: 'hello', protocol: PROTOCOL_VERSION, ...identity });
}

function answer({ id, run: request }, start) {
  let [module, guest] = [];
  const begin = performance.now();
  try {
    module = recall(request);
    const compile_us = since(begin);
    guest = start(request);
    send({ event: 'started', id });
    const ran = run(guest, module, request.globals);
    guest.end();
    send({ event: 'done', id, compile_us, ...ran });
  } catch (error) {
    send({ event: 'done', id, outcome: failure(error), compile_us: since(begin), execute_us: 0 });
  }
}

/** The compiled module of a request: from the cache, or compiled now and cached. */
function recall({ wasm, sha256 }) {
  if (!modules.has(sha256)) modules.set(sha256, compile(readFileSync(wasm)));
  return modules.get(sha256);
}

/** Opens the named pipes, whose other ends are open already. */
export function openStreams(paths) {
  return paths.map((path, i) => openSync(path, i === 0 ? constants.O_RDONLY : constants.O_WRONLY));
}

/** Closes descriptors, some of which may be closed already. */
export function closeAll(fds) {
  for (const fd of fds) {
    try {
      closeSync(fd);
    } catch (error) {
      if (error.code !== 'EBADF') throw error;
    }
  }
}

/** Writes all bytes, waiting if necessary. */
export function writeWhole(fd, bytes) {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

/** The lines of a descriptor until its end. (Node's readline would also split at U+2028.) */
function* messages(fd) {
  const chunk = Buffer.alloc(64 * 1024);
  let rest = Buffer.alloc(0);
  for (let length; (length = readSync(fd, chunk)) > 0; ) {
    rest = Buffer.concat([rest, chunk.subarray(0, length)]);
    for (let end; (end = rest.indexOf('\n')) >= 0; rest = rest.subarray(end + 1)) {
      yield JSON.parse(rest.toString('utf8', 0, end));
    }
  }
}

export function send(reply) {
  writeFileSync(replies, `${JSON.stringify(reply)}\n`);
}
