/**
 * The runner of jco in Node: preview 2 in JavaScript. Its argument is the directory of
 * jco-transpile and preview2-shim.
 *
 * A component is transpiled once and cached. The shim's state is global to the process (and its
 * `exit` ends the process), so each guest has a process of its own: `jco-guest.mjs`.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { closeAll, greet, openStreams, requests, send } from './serve.mjs';
import { since } from './guest.mjs';

/** The digests of the files of a transpiled component, which is complete with this file. */
const DIGESTS = 'digests.json';

const got = process.argv[2];
const here = dirname(fileURLToPath(import.meta.url));
const of = (name) => join(got, 'node_modules/@bytecodealliance', name);
const version = (name) => JSON.parse(readFileSync(join(of(name), 'package.json'))).version;
const [transpiler, shim] = [version('jco-transpile'), version('preview2-shim')];
const resolve = createRequire(join(got, 'package.json')).resolve;

greet({
  runtime: 'jco',
  version: shim,
  details: `preview2-shim, jco-transpile ${transpiler}, in Node ${process.versions.node}`,
  wasi_versions: ['preview2'],
  missing_capabilities: [
    { capability: 'read_only_preopens', reason: 'preview2-shim takes a preopen as a name and a path' },
    { capability: 'sockets', reason: 'preview 2 has no descriptor that could be a socket as stdin' },
    { capability: 'exit_statuses', reason: 'wasi:cli/exit ends a program with success or failure' },
  ],
});
for (const { id, run: request } of requests) await answer(id, request);

async function answer(id, request) {
  const begin = performance.now();
  let directory;
  try {
    directory = await transpiled(request);
  } catch (error) {
    const outcome = { kind: 'unsupported', reason: String(error?.message ?? error) };
    return send({ event: 'done', id, outcome, compile_us: since(begin), execute_us: 0 });
  }
  const compile_us = since(begin);
  const streams = openStreams(request.stdio);
  send({ event: 'started', id });
  const started = performance.now();
  const outcome = await run(directory, request, streams);
  send({ event: 'done', id, outcome, compile_us, execute_us: since(started) });
}

/** The directory of a transpiled component. */
async function transpiled({ wasm, sha256, cache }) {
  const directory = join(cache, `jco-${transpiler}-${sha256}`);
  if (existsSync(directory)) {
    if (isIntact(directory)) return directory;
    process.stderr.write(`${directory} is damaged: transpiling it again\n`);
    rmSync(directory, { recursive: true, force: true });
  }
  const { transpileBytes } = await import(pathToFileURL(resolve('@bytecodealliance/jco-transpile')));
  const options = { name: 'guest', instantiation: { tag: 'async' }, noTypescript: true };
  const { files } = await transpileBytes(readFileSync(wasm), options);
  // Process ids are the same in many containers.
  const beside = `${directory}.${randomUUID()}`;
  const digests = {};
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(beside, name)), { recursive: true });
    writeFileSync(join(beside, name), bytes);
    digests[name] = digest(bytes);
  }
  writeFileSync(join(beside, DIGESTS), JSON.stringify(digests));
  writeFileSync(join(beside, 'package.json'), '{ "type": "module" }\n');
  try {
    renameSync(beside, directory);
  } catch {
    // Another runner has made it meanwhile.
    rmSync(beside, { recursive: true });
  }
  return directory;
}

/** Whether all files of a transpiled component are as they were written. */
function isIntact(directory) {
  try {
    const digests = JSON.parse(readFileSync(join(directory, DIGESTS), 'utf8'));
    const same = ([name, hash]) => digest(readFileSync(join(directory, name))) === hash;
    return Object.entries(digests).every(same);
  } catch {
    return false;
  }
}

function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Runs a guest in a process of its own. The message of a trap arrives on descriptor 3. */
async function run(directory, { args, env, preopens }, streams) {
  const job = JSON.stringify({ directory, args, env, preopens });
  const child = spawn(process.execPath, [join(here, 'jco-guest.mjs'), got, job], {
    stdio: [...streams, 'pipe'],
    env: {},
  });
  closeAll(streams);
  let said = '';
  child.stdio[3].setEncoding('utf8').on('data', (text) => (said += text));
  const [code, signal] = await new Promise((done) =>
    child.on('close', (...how) => done(how)),
  );
  if (signal) return { kind: 'error', message: `the guest's process was ended by ${signal}` };
  if (said) return JSON.parse(said);
  return { kind: 'exit', code };
}
