/** Runs one guest for `jco.mjs`, on the process's own descriptors 0 to 2. */
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [got, job] = process.argv.slice(2);
const { directory, args, env, preopens } = JSON.parse(job);
const resolve = createRequire(join(got, 'package.json')).resolve;
const load = (name) => import(pathToFileURL(resolve(name)));

const { WASIShim } = await load('@bytecodealliance/preview2-shim/instantiation');
const shim = await load('@bytecodealliance/preview2-shim');
shim.cli._setArgs(args);
shim.cli._setEnv(Object.fromEntries(env));
// By default the shim reports the process's directory, which no guest can see.
shim.cli._setCwd(undefined);
// As `jco run` would report the pipes: they are not terminals.
shim.cli._setTerminalStdin(undefined);
shim.cli._setTerminalStdout(undefined);
shim.cli._setTerminalStderr(undefined);
shim.filesystem._setPreopens(Object.fromEntries(preopens.map((p) => [p.guest, p.host])));

const trapped = (error) =>
  writeSync(3, JSON.stringify({ kind: 'trap', message: String(error?.message ?? error) }));
// Where a call on a stream must trap, the shim calls console.trace and ends the process. A guest
// cannot call it in any other way, and the stack trace is not the guest's output.
console.trace = trapped;

const { instantiate } = await import(pathToFileURL(join(directory, 'guest.js')));
const core = (name) => WebAssembly.compile(readFileSync(join(directory, name)));
let trap;
try {
  const guest = await instantiate(core, new WASIShim().getImportObject());
  guest.run.run();
  process.exit(0);
} catch (error) {
  trap = error;
}
// An error of `run`, which carries no value, arrives as an exception with that payload.
const failed = trap === undefined || (trap instanceof Error && 'payload' in trap);
if (!failed) trapped(trap);
process.exit(1);
