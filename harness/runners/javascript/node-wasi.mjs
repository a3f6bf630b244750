/**
 * The runner of node:wasi, in Node, Deno and Bun. Three implementations have that name: uvwasi
 * behind Node, one in Rust in Deno, one in JavaScript in Bun.
 */
import { fstatSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { WASI } from 'node:wasi';
import { instantiate, Unsupported } from './guest.mjs';
import { closeAll, openStreams, serve } from './serve.mjs';

const NO_READ_ONLY = 'node:wasi takes a preopen as a name and a path, without rights';

/** One run of a module. */
class Guest {
  constructor({ args, env, preopens, stdio }) {
    const folders = preopens.map(({ guest, host }) => [guest, host]);
    const given = { args, env: inOrder(env), preopens: inOrder(folders) };
    this.streams = openStreams(stdio);
    const [stdin, stdout, stderr] = this.streams;
    const streams = { stdin, stdout, stderr };
    this.wasi = new WASI({ version: 'preview1', returnOnExit: true, ...given, ...streams });
  }

  link(module) {
    this.instance = instantiate(module, { wasi_snapshot_preview1: this.wasi.wasiImport });
  }

  get exports() {
    return this.instance.exports;
  }

  /** Runs the guest and returns its exit status, which JavaScript sees as a signed number. */
  start() {
    return this.wasi.start(this.instance) >>> 0;
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

class InNode extends Guest {
  static identity = {
    runtime: 'node',
    version: process.versions.node,
    details: `uvwasi ${process.versions.uvwasi}, V8 ${process.versions.v8}`,
    sockets: 'node:wasi hands on no sockets to uvwasi',
  };

  static async prepare() {
    // With V8's fast calls, Node ruins its own memory once it has optimised a guest's calls into
    // node:wasi: https://github.com/nodejs/node/issues/53087. That would strike a case at random.
    const { setFlagsFromString } = await import('node:v8');
    setFlagsFromString('--no-turbo-fast-api-calls');
  }

  constructor(request) {
    const before = openDescriptors();
    super(request);
    this.before = before;
  }

  /**
   * Closes what has been opened since: streams, preopens, and what the guest left open. uvwasi does
   * not, and to ask it to might hang if the guest brought it there.
   */
  end() {
    closeAll(openDescriptors().filter((fd) => !this.before.includes(fd)));
  }
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

class InDeno extends Guest {
  static identity = {
    runtime: 'deno',
    version: process.versions.deno,
    details: `node:wasi of its own, V8 ${process.versions.v8}`,
    sockets: 'node:wasi of Deno has no sockets',
  };

  /** It has taken copies of the streams, which go with what else it holds when that is collected. */
  end() {
    closeAll(this.streams);
    this.wasi = this.instance = undefined;
    globalThis.gc();
  }
}

/** An exit, where node:wasi would end the process: `returnOnExit` means nothing to Bun. */
class Exit {
  constructor(code) {
    this.code = code;
  }
}

class InBun extends Guest {
  static identity = {
    runtime: 'bun',
    version: process.versions.bun,
    details: `node:wasi of its own, JavaScriptCore of WebKit ${process.versions.webkit?.slice(0, 10)}`,
    sockets: 'node:wasi of Bun has no sockets',
  };

  /** Bun has no options for a guest's streams; its table of descriptors is open to all. */
  constructor(request) {
    super(request);
    this.streams.forEach((real, fd) => (this.wasi.FD_MAP.get(fd).real = real));
    this.wasi.wasiImport.proc_exit = (code) => {
      throw new Exit(code);
    };
    // What imports this one cannot run on Bun at all: most of our guests do, and never call it.
    this.wasi.wasiImport.sock_accept ??= () => {
      throw new Error('node:wasi of Bun has no sock_accept');
    };
  }

  start() {
    try {
      // Returns nothing.
      this.wasi.start(this.instance);
      return 0;
    } catch (error) {
      if (error instanceof Exit) return error.code >>> 0;
      throw error;
    }
  }

  end() {
    closeAll([...this.wasi.FD_MAP.values()].map(({ real }) => real));
  }
}

const Engine = process.versions.bun ? InBun : process.versions.deno ? InDeno : InNode;
await Engine.prepare?.();
const { sockets, ...identity } = Engine.identity;
const missing_capabilities = [
  { capability: 'read_only_preopens', reason: NO_READ_ONLY },
  { capability: 'sockets', reason: sockets },
];
serve({ ...identity, missing_capabilities }, (request) => new Engine(request));
