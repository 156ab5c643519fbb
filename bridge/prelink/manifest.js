// What the prelinked Directus says of itself, and of what it was made from. The manifest is read at every start, so it is checked by what is
// cheap to see: versions, npm's or pnpm's own record of what is installed, and the sizes of the files.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const MANIFEST = 'manifest.json';
// The manifest's name once more, in a file of its own: the runner counts it towards the release.
export const NAME = 'name';
// Node's compile cache of the linked files, for one version of Node and one user.
export const COMPILED = 'compiled';

// What npm and pnpm write of an install: every package with its version and checksum.
const RECORDS = ['node_modules/.package-lock.json', 'node_modules/.pnpm/lock.yaml'];

/** Where things are in a folder that holds Directus: as the image has it, or with Directus below its `node_modules`. */
export function places(root) {
	const requireFrom = (file) => createRequire(pathToFileURL(file));
	const inRoot = requireFrom(join(root, 'package.json'));
	const api = inRoot.resolve('@directus/api/package.json');
	return { inRoot, api, inApi: requireFrom(api) };
}

/** The name of what these scripts make with that esbuild: another script, another name. */
export function nameOf(esbuild) {
	const hash = createHash('sha256').update(esbuild);
	const scripts = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.js')).sort();
	for (const script of [...scripts, '../modules.js', '../prelinked.js']) hash.update(readFileSync(join(import.meta.dirname, script)));
	return hash.digest('hex');
}

/** Which install of Directus this is. */
export function installation(root) {
	const { api, inApi } = places(root);
	const hash = createHash('sha256');
	const records = RECORDS.map((file) => join(root, file)).filter(existsSync);
	if (records.length === 0) throw new Error(`neither npm nor pnpm left a record of what is installed in \`${root}\``);
	for (const file of [api, inApi.resolve('directus/package.json'), ...records]) hash.update(readFileSync(file));
	return { api: JSON.parse(readFileSync(api, 'utf8')).version, installation: hash.digest('hex') };
}
