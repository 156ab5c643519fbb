// Fills Node's compile cache of a prelinked Directus by loading it once: a third of what is left of a start. In an image nobody can fill it
// later.
//
//   node --random-seed=1 bridge/prelink/compile.js DIRECTUS FOLDER
//
// With that seed two runs write the same bytes, and V8 takes them in a process with any other. They hold for one version of Node, and for the
// user who ran this; for anybody else Node compiles as ever.

import { readdirSync, utimesSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join, resolve } from 'node:path';
import { loadDirectus } from '../directus.js';
import { usePrelinked } from '../prelinked.js';
import { COMPILED } from './manifest.js';

const [root, folder] = process.argv.slice(2).map((each) => resolve(each));
// Directus is imported with the name of a database; nobody connects to it.
Object.assign(process.env, { CONFIG_PATH: '/dev/null', DB_CLIENT: 'pg', DB_HOST: 'localhost', DB_DATABASE: 'none', DB_USER: 'none', SECRET: 'none' });
const why = await usePrelinked(folder, root);
if (why) throw new Error(`cannot load the prelinked Directus: ${why}`);
await loadDirectus(root);
flushCompileCache();
const compiled = readdirSync(join(folder, COMPILED), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
console.log(JSON.stringify({ compiled: compiled.length }));
// An image has the same bytes whenever it is made, and a layer has times in it.
const all = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
for (const path of [...all, folder]) utimesSync(path, 0, 0);
process.exit(0);
