/** The host side of `shim.mjs`: finds the shim, reads file trees for it and writes them back. */
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Unsupported } from './guest.mjs';

/** The directory of the shim's modules, and its version, from the package installed by npm. */
export function find(root) {
  const directory = join(root, 'node_modules/@bjorn3/browser_wasi_shim');
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json')));
  return { directory: join(directory, 'dist'), version };
}

/** Reads the preopens of a request. */
export function readTree(preopens) {
  const nodes = [];
  const numbers = new Map();
  const numberOf = (path) => {
    const stat = lstatSync(path);
    const file = `${stat.dev} ${stat.ino}`;
    if (!numbers.has(file)) {
      const number = nodes.push(undefined) - 1;
      numbers.set(file, number);
      nodes[number] = nodeOf(path, stat, numberOf);
    }
    return numbers.get(file);
  };
  const given = preopens.map(({ guest, host }) => ({ guest, node: numberOf(host) }));
  return { nodes, preopens: given };
}

function nodeOf(path, stat, numberOf) {
  if (stat.isFile()) return { data: readFileSync(path, 'base64') };
  if (!stat.isDirectory()) throw new Unsupported(`the shim has nothing like ${path}`);
  const names = readdirSync(path).map((name) => [name, numberOf(join(path, name))]);
  return { names: Object.fromEntries(names) };
}

/** Writes the tree that the guest left into the preopens of a request, if it has changed. */
export function writeTree(preopens, before, after) {
  if (isDeepStrictEqual(before, after)) return;
  for (const { host } of preopens) {
    for (const name of namesIn(host)) rmSync(join(host, name), { recursive: true });
  }
  const paths = new Map();
  preopens.forEach(({ host }, i) => fill(host, after.preopens[i].node, after.nodes, paths));
}

/** A preopen inside another one may have been removed with it. */
function namesIn(directory) {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function fill(directory, number, nodes, paths) {
  if (paths.has(number)) return;
  paths.set(number, directory);
  mkdirSync(directory, { recursive: true });
  for (const [name, child] of Object.entries(nodes[number].names)) {
    const path = join(directory, name);
    try {
      if (nodes[child].names) {
        fill(path, child, nodes, paths);
      } else if (paths.has(child)) {
        linkSync(paths.get(child), path);
      } else {
        writeFileSync(path, nodes[child].data, 'base64');
        paths.set(child, path);
      }
    } catch (error) {
      // The shim accepts names that no file system allows. The guest's output shows that it does.
      if (error.code !== 'ENAMETOOLONG') throw error;
    }
  }
}
