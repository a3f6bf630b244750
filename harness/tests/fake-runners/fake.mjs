/**
 * A runner without a runtime, that speaks the protocol of harness/runner-kit/src/protocol.rs right,
 * or fails in the way that its mode or the first argument of a guest says.
 *
 * It logs when it starts and what it is asked to run, because a test cannot see that otherwise.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';

const REQUEST_FD = 3;
const REPLY_FD = 4;
const PROTOCOL_VERSION = 1;
const GARBAGE = '}{ no reply\n';

/** What the engine says it is: the major version decides what the guest `changed_in_5` prints. */
let version = '1.2.3';

/** How often this process ran the guest that is not always the same. */
let sometimesAsked = 0;

/** The modes are those of a runner that fails from the start; every other fault is a guest's. */
export function serve({ log, mode = 'correct', ...engine }) {
  version = engine.version ?? version;
  const note = (line) => fs.appendFileSync(log, `${line}\n`);
  note(`start ${process.pid}`);
  if (mode === 'refuses') {
    console.error('this machine has no such engine');
    process.exit(1);
  }
  const protocol = mode === 'other_protocol' ? PROTOCOL_VERSION + 1 : PROTOCOL_VERSION;
  if (mode === 'garbage_hello') put(GARBAGE);
  const identity = { runtime: 'node', version, details: 'a fake', missing_capabilities: [] };
  send({ event: 'hello', protocol, ...identity });
  for (const line of requests()) answer(JSON.parse(line), note, mode);
}

function answer({ id, run: request }, note, mode) {
  const { args, preopens, stdio } = request;
  note(`run ${args[1]}`);
  const { O_RDONLY, O_WRONLY } = fs.constants;
  const streams = stdio.map((path, i) => fs.openSync(path, i === 0 ? O_RDONLY : O_WRONLY));
  const print = (text) => writeAll(streams[1], text);
  const data = preopens.find(({ guest }) => guest === '/data').host;
  const done = (outcome) => ({ event: 'done', id, outcome, compile_us: 1, execute_us: 1 });
  send({ event: 'started', id });
  const isProof = args[0] === 'proof.wasm';
  let [outcome, after] = [{ kind: 'exit', code: 0 }, undefined];
  if (isProof && args[1] === 'trap') {
    outcome = { kind: 'trap', message: 'unreachable' };
  } else if (isProof) {
    if (mode === 'hangs_in_proof') sleepForever();
    prove(request, streams[0], data, print);
    outcome.code = mode === 'unproven' ? 0 : 33;
  } else {
    after = GUEST[args[1]]({ args, data, print, mode, reply: done(outcome) });
  }
  streams.forEach((fd) => fs.closeSync(fd));
  send(done(outcome));
  after?.();
}

/** What the guest of the self-proof does. */
function prove({ args, env }, stdin, data, print) {
  const file = fs.readFileSync(join(data, 'in.txt'), 'utf8');
  args.slice(1).forEach((arg, i) => print(`arg ${i + 1}=${arg}\n`));
  env.forEach(([name, value]) => print(`env ${name}=${value}\n`));
  print(`stdin ${fs.readFileSync(stdin, 'utf8')}\nfile ${file}\n`);
  fs.writeFileSync(join(data, 'out.txt'), `${file}\n${args.slice(1).join('\n')}\n`);
}

/**
 * The guest of the tests: its first argument is what it does. What it returns is done after its
 * verdict is told, so that what then goes wrong must not harm the next guest's.
 */
const GUEST = {
  open({ args, data, print, mode }) {
    const isThere = fs.existsSync(join(data, args[2]));
    const errno = isThere !== (mode === 'contrary') ? 'success' : 'noent';
    print(`open ${args[2]} -> ${errno}\n`);
  },
  changed_in_5({ print }) {
    print(`open a.txt -> ${parseInt(version) < 5 ? 'success' : 'acces'}\n`);
  },
  sometimes({ print }) {
    sometimesAsked += 1;
    print(`open a.txt -> ${sometimesAsked % 3 === 2 ? 'acces' : 'success'}\n`);
  },
  wrong_errno: ({ print }) => print('open missing -> acces\n'),
  hang({ print }) {
    print('before\n');
    sleepForever();
  },
  abort({ print }) {
    print('before\n');
    process.abort();
  },
  exit: () => process.exit(7),
  endless_output({ print }) {
    for (;;) print('more\n'.repeat(1000));
  },
  garbage: () => put(GARBAGE),
  endless_reply() {
    for (;;) put('no end of line '.repeat(1000));
  },
  half_reply_then_end({ reply }) {
    put(halfOf(reply));
    process.exit(0);
  },
  half_reply_then_hang({ reply }) {
    put(halfOf(reply));
    sleepForever();
  },
  reply_to_another: ({ reply }) => send({ ...reply, id: reply.id + 1000 }),
  dies_after: () => () => process.kill(process.pid, 'SIGKILL'),
  garbage_after: () => () => put(GARBAGE),
  half_reply_after: ({ reply }) => () => put(halfOf(reply)),
  replies_twice: ({ reply }) => () => send(reply),
  /** As a guest can that corrupts the memory of its runtime. */
  ruins_the_next: () => () => {
    GUEST.open = () => process.abort();
  },
};

function halfOf(reply) {
  const line = JSON.stringify(reply);
  return line.slice(0, line.length / 2);
}

function sleepForever() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** The lines of the request descriptor until its end. */
function* requests() {
  const chunk = Buffer.alloc(64 * 1024);
  let rest = '';
  for (let length; (length = fs.readSync(REQUEST_FD, chunk)) > 0; ) {
    const lines = (rest + chunk.toString('utf8', 0, length)).split('\n');
    rest = lines.pop();
    yield* lines;
  }
}

function send(reply) {
  put(`${JSON.stringify(reply)}\n`);
}

function put(text) {
  writeAll(REPLY_FD, text);
}

function writeAll(fd, text) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at);
}
