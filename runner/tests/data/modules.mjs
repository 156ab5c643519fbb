// Prints which modules of Directus a start loads, by their places below the folder that holds it: its plain modules, or the prelinked ones.
//
//   node modules.mjs BRIDGE DIRECTUS PRELINKED|off

import { registerHooks } from 'node:module';
import { readdirSync, realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [bridge, root, folder] = process.argv.slice(2);
Object.assign(process.env, { CONFIG_PATH: '/dev/null', DB_CLIENT: 'pg', DB_HOST: 'localhost', DB_DATABASE: 'none', DB_USER: 'none', SECRET: 'none' });
const found = new Set();
const base = `${pathToFileURL(realpathSync(root)).href}/`;
// Before the prelinker's own hooks, and so behind them: it hears of what Node itself loads.
registerHooks({
	load(url, context, next) {
		if (url.startsWith(base)) found.add(decodeURIComponent(url.slice(base.length)));
		return next(url, context);
	},
});
if (folder !== 'off') {
	const { usePrelinked } = await import(`${bridge}/prelinked.js`);
	const why = await usePrelinked(folder, root);
	if (why) throw new Error(why);
}
const { loadDirectus } = await import(`${bridge}/directus.js`);
const { fileOf } = await loadDirectus(root);
// As every serving Directus does.
for (const name of readdirSync(fileOf('operations'))) await import(pathToFileURL(fileOf(`operations/${name}/index.js`)).href);
for (const place of globalThis[Symbol.for('prelinked')]?.entered.keys() ?? []) found.add(place);
const text = [...found].filter((place) => !place.endsWith('.json')).sort().join('\n');
// What Directus has begun would keep the process; a pipe takes its time.
process.stdout.write(`${text}\n`, () => process.exit(0));
