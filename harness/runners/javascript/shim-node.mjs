/** The runner of @bjorn3/browser_wasi_shim in Node. Its argument is the directory of the shim. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closeAll, openStreams, serve, writeWhole } from './serve.mjs';
import { MISSING_CAPABILITIES, ShimGuest } from './shim.mjs';
import * as host from './shim-host.mjs';

const { directory, version } = host.find(process.argv[2]);
const shim = await import(pathToFileURL(join(directory, 'index.js')));

class Guest {
  #request;
  #streams;
  #before;
  #guest;

  constructor(request) {
    this.#request = request;
    this.#streams = openStreams(request.stdio);
  }

  /** Reads the guest's input and tree. (Its stdin ends only after `started` was sent.) */
  link(module) {
    const { args, env, preopens } = this.#request;
    const [stdin, ...out] = this.#streams;
    const tree = host.readTree(preopens);
    const given = { args, env, stdin: readFileSync(stdin, 'base64'), tree };
    this.#before = tree;
    this.#guest = new ShimGuest(shim, given, (fd, bytes) => writeWhole(out[fd - 1], bytes));
    this.#guest.link(module);
  }

  get exports() {
    return this.#guest.exports;
  }

  start() {
    return this.#guest.start();
  }

  end() {
    if (this.#guest) host.writeTree(this.#request.preopens, this.#before, this.#guest.tree());
    closeAll(this.#streams);
  }
}

const identity = {
  runtime: 'browser_wasi_shim-node',
  version,
  details: `in Node ${process.versions.node}, V8 ${process.versions.v8}`,
  missing_capabilities: MISSING_CAPABILITIES,
};
serve(identity, (request) => new Guest(request));
