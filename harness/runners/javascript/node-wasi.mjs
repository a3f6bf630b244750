/**
 * The runner of node:wasi, in Node, Deno and Bun. Three implementations have this name: uvwasi in
 * Node, one in Rust in Deno, and one in JavaScript in Bun.
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
    const directories = preopens.map(({ guest, host }) => [guest, host]);
    const given = { args, env: inOrder(env), preopens: inOrder(directories) };
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

  /** Runs the guest and returns its exit status, which is a signed number in JavaScript. */
  start() {
    return this.wasi.start(this.instance) >>> 0;
  }
}

/**
 * Names and values as node:wasi takes them: the entries of an object. A plain object would move
 * names like `1` to the front, so this one defines the order of its names itself.
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
    // With V8's fast calls, Node corrupts its memory once it has optimised a guest's calls into
    // node:wasi: https://github.com/nodejs/node/issues/53087. Random cases would fail.
    const { setFlagsFromString } = await import('node:v8');
    setFlagsFromString('--no-turbo-fast-api-calls');
  }

  constructor(request) {
    const before = openDescriptors();
    super(request);
    this.before = before;
  }

  /**
   * Closes all descriptors opened since: streams, preopens, and files that the guest left open.
   * uvwasi does not close them, and asking it to could hang after some guests.
   */
  end() {
    closeAll(openDescriptors().filter((fd) => !this.before.includes(fd)));
  }
}

/** The open descriptors of this process, without the one of the listing itself. */
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

  /** Deno copies the streams, and closes the copies when the garbage collector runs. */
  end() {
    closeAll(this.streams);
    this.wasi = this.instance = undefined;
    globalThis.gc();
  }
}

/** An exit. Bun's node:wasi ignores `returnOnExit` and would end the process. */
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

  /** Bun has no options for a guest's streams, but its table of descriptors is accessible. */
  constructor(request) {
    super(request);
    this.streams.forEach((real, fd) => (this.wasi.FD_MAP.get(fd).real = real));
    this.wasi.wasiImport.proc_exit = (code) => {
      throw new Exit(code);
    };
    // A guest that imports it cannot run on Bun at all. Most of our guests do, and never call it.
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
