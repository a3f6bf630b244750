/**
 * A guest on @bjorn3/browser_wasi_shim, which needs nothing but WebAssembly: it is the same in Node
 * and in a browser. Its files are objects in memory, so a guest gets a copy of its tree and returns
 * a changed copy.
 *
 * A tree is sent as `{ nodes, preopens }`. A node is `{ names }`, a directory's names with the
 * numbers of their nodes, or `{ data }`, a file's bytes in base64. So a file with several names is
 * one node, and so is a directory that is reached through several preopens. A preopen is
 * `{ guest, node }`.
 */
import { instantiate } from './guest.mjs';

export const MISSING_CAPABILITIES = [
  ['read_only_preopens', 'the shim can make a file read-only, but not a preopen'],
  ['sockets', 'the shim has no sockets'],
  ['symlinks', 'the shim has no symbolic links'],
  ['file_times', 'the shim keeps no times of files'],
].map(([capability, reason]) => ({ capability, reason }));

export class ShimGuest {
  #shim;
  #wasi;
  #instance;
  #objects;
  #preopens;

  /** `write` gets the guest's output, with 1 or 2 for stdout or stderr. */
  constructor(shim, { args, env, stdin, tree }, write) {
    this.#shim = shim;
    this.#objects = objectsOf(shim, tree);
    this.#preopens = tree.preopens.map(({ guest, node }) => {
      const preopen = new shim.PreopenDirectory(guest, new Map());
      preopen.dir = this.#objects[node];
      return preopen;
    });
    const streams = [
      new shim.OpenFile(new shim.File(bytesOf(stdin))),
      new shim.ConsoleStdout((bytes) => write(1, bytes)),
      new shim.ConsoleStdout((bytes) => write(2, bytes)),
    ];
    const environment = env.map(([name, value]) => `${name}=${value}`);
    const fds = [...streams, ...this.#preopens];
    this.#wasi = new shim.WASI(args, environment, fds, { debug: false });
  }

  link(module) {
    this.#instance = instantiate(module, { wasi_snapshot_preview1: this.#wasi.wasiImport });
  }

  get exports() {
    return this.#instance.exports;
  }

  start() {
    return this.#wasi.start(this.#instance) >>> 0;
  }

  /** The tree that the guest leaves. Nodes of the initial tree keep their numbers. */
  tree() {
    const nodes = [];
    const numberOf = (object) => {
      let number = this.#objects.indexOf(object);
      if (number < 0) number = this.#objects.push(object) - 1;
      if (nodes[number] === undefined) {
        const isDirectory = object instanceof this.#shim.Directory;
        nodes[number] = isDirectory ? { names: {} } : { data: textOf(object.data) };
        for (const [name, child] of isDirectory ? object.contents : []) {
          nodes[number].names[name] = numberOf(child);
        }
      }
      return number;
    };
    const preopens = this.#preopens.map(({ prestat_name, dir }) => {
      return { guest: prestat_name, node: numberOf(dir) };
    });
    return { nodes, preopens };
  }
}

/** The shim's own objects for the nodes of a tree. */
function objectsOf({ Directory, File }, { nodes }) {
  const objects = nodes.map(({ names, data }) => {
    return names ? new Directory(new Map()) : new File(bytesOf(data));
  });
  nodes.forEach(({ names }, i) => {
    for (const [name, child] of Object.entries(names ?? {})) {
      objects[i].contents.set(name, objects[child]);
      if (nodes[child].names) objects[child].parent = objects[i];
    }
  });
  return objects;
}

function bytesOf(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

function textOf(bytes) {
  const size = 32 * 1024;
  let binary = '';
  for (let i = 0; i < bytes.length; i += size) {
    binary += String.fromCharCode(...bytes.subarray(i, i + size));
  }
  return btoa(binary);
}
