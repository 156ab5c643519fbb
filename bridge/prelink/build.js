// Makes the prelinked Directus: the server's own code and its dependencies, linked once into a few files, because resolving, reading and
// linking some 4,500 modules is most of a start (D36). Nothing of Directus is edited or evaluated here; what each module is, and that there
// is only one of it, is kept by `rewrite.js` at build time and by `../prelinked.js` at run time.
//
//   node bridge/prelink/build.js DIRECTUS OUT
//
// DIRECTUS holds `node_modules` with `@directus/api`; esbuild and a parser come from there too, since Directus itself depends on them. OUT is
// made; what was in it goes. The same DIRECTUS and the same script give the same bytes, wherever either lies.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MODULES, SYSTEM_MIGRATION } from '../modules.js';
import { COMPILED, MANIFEST, NAME, installation, nameOf, places } from './manifest.js';
import { withNeededNames } from './names.js';
import { rewriter } from './rewrite.js';

const [root, out] = process.argv.slice(2).map((each) => resolve(each));
if (!out) {
	console.error('usage: node bridge/prelink/build.js DIRECTUS OUT');
	process.exit(2);
}
await main();

async function main() {
	const { api, inRoot, inApi } = places(root);
	const sdk = createRequire(inApi.resolve('@directus/extensions-sdk'));
	const { build, version } = sdk('esbuild');
	const { parseAst } = await import(pathToFileURL(inApi.resolve('rollup/parseAst')).href);
	const groups = entries(api, inRoot, inApi);
	const rewrite = rewriter({ root: realpathSync(root), parse: parseAst });
	// Emptied and not removed: who may write it need not be allowed to make it.
	mkdirSync(out, { recursive: true });
	for (const name of readdirSync(out)) rmSync(join(out, name), { recursive: true });
	mkdirSync(join(out, COMPILED));
	const { outputFiles, metafile } = await build({
		entryPoints: Object.keys(groups).map((name) => ({ in: `group:${name}`, out: name })),
		absWorkingDir: realpathSync(root),
		outdir: out,
		write: false,
		bundle: true,
		platform: 'node',
		format: 'esm',
		target: 'node22',
		// Without it esbuild adds the condition `module`, which Node does not know: another file of a package than Node takes.
		conditions: ['node-addons', 'module-sync'],
		mainFields: ['main'],
		splitting: true,
		chunkNames: 'chunk-[hash]',
		outExtension: { '.js': '.mjs' },
		// Identifiers stay: knex finds its dialects by the names of classes.
		minifyWhitespace: true,
		minifySyntax: false,
		// A module that Node would evaluate is evaluated here too, whatever its package says of side effects.
		ignoreAnnotations: true,
		// `Client2`, because another module has a `Client` too, still says that it is `Client`.
		keepNames: true,
		legalComments: 'none',
		metafile: true,
		logLevel: 'silent',
		logLimit: 0,
		banner: { js: rewrite.banner },
		plugins: [groupsOf(groups), rewrite.plugin],
	});
	const late = [...rewrite.awaiting].filter((place) => !groups.first.some((file) => rewrite.place(file) === place));
	if (late.length > 0) throw new Error(`\`${late.join('`, `')}\` awaits something while it is loaded: it belongs to the group \`first\``);
	const digests = {};
	for (const { path, text } of outputFiles) {
		const contents = Buffer.from(withNeededNames(text, parseAst));
		writeFileSync(path, contents);
		digests[relative(out, path)] = { bytes: contents.length, sha256: sha256(contents) };
	}
	const manifest = {
		name: nameOf(version),
		esbuild: version,
		...installation(root),
		node: process.versions.node.split('.')[0],
		files: sorted(digests),
		sources: sorted(sources(rewrite.modules)),
		lazy: sorted(lazy(metafile, rewrite)),
		modules: [...rewrite.modules].sort(),
	};
	writeFileSync(join(out, MANIFEST), `${JSON.stringify(manifest, null, '\t')}\n`);
	writeFileSync(join(out, NAME), `${manifest.name}\n`);
	const bytes = Object.values(digests).reduce((sum, each) => sum + each.bytes, 0);
	console.log(JSON.stringify({ modules: manifest.modules.length, lazy: Object.keys(manifest.lazy).length, files: outputFiles.length, bytes }));
}

/** What is linked: what the bridge and a serving Directus load, and apart from it what only some starts need. */
function entries(api, inRoot, inApi) {
	const dist = join(dirname(api), 'dist');
	const folder = (name, is) => readdirSync(join(dist, name)).filter(is).sort();
	const migrations = folder('database/migrations', (file) => SYSTEM_MIGRATION.test(file));
	const groups = {
		// What awaits something while it is loaded. Alone, so that all else is loaded in one go: Directus opens its connections to Redis on the
		// way, and ioredis breaks where somebody subscribes between such a connection's first answer and its second.
		first: [inApi.resolve('directus/version')],
		main: [
			...Object.keys(MODULES).map((name) => inRoot.resolve(`@directus/api/${name}`)),
			inApi.resolve('js-yaml'),
			// Every serving Directus imports them while it imports extensions, and Node cannot `require` what is just being imported.
			...folder('operations', () => true).map((name) => join(dist, 'operations', name, 'index.js')),
		],
		migrations: migrations.map((file) => join(dist, 'database/migrations', file)),
	};
	for (const name of Object.keys(groups)) groups[name] = groups[name].map((file) => realpathSync(file));
	return groups;
}

/** Each group is one entry point that imports its modules; they are reached by their own addresses (`../prelinked.js`). */
function groupsOf(groups) {
	return {
		name: 'groups',
		setup(build) {
			build.onResolve({ filter: /^group:/ }, ({ path }) => ({ path: path.slice('group:'.length), namespace: 'group' }));
			build.onLoad({ filter: /.*/, namespace: 'group' }, ({ path }) => ({
				contents: groups[path].map((file) => `import ${JSON.stringify(file)};`).join('\n'),
				resolveDir: root,
			}));
		},
	};
}

/** Modules that are not loaded at start: the file that holds each, and what it exports, which Node wants to know before that file is read. */
function lazy({ outputs }, rewrite) {
	const name = (output) => relative(out, resolve(realpathSync(root), output));
	const atStart = new Set();
	const load = (output) => {
		if (atStart.has(output)) return;
		atStart.add(output);
		outputs[output].imports.filter(({ kind, external }) => kind === 'import-statement' && !external).forEach(({ path }) => load(path));
	};
	Object.keys(outputs).filter((output) => ['first.mjs', 'main.mjs'].includes(name(output))).forEach(load);
	const found = {};
	for (const [output, { inputs }] of Object.entries(outputs)) {
		if (atStart.has(output)) continue;
		for (const place of Object.keys(inputs)) {
			const exports = rewrite.exportsOf(place);
			// Of those of another module Node alone knows the file.
			if (exports?.includes('*')) throw new Error(`\`${place}\` exports all of another module, and is not loaded at start`);
			if (exports) found[place] = { file: name(output), exports };
		}
	}
	return found;
}

/** The sizes of Directus' own files: what people mend in place. */
function sources(modules) {
	const own = [...modules].filter((place) => place.includes('node_modules/@directus/'));
	return Object.fromEntries(own.map((place) => [place, statSync(join(root, place)).size]));
}

function sorted(object) {
	return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sha256(content) {
	return createHash('sha256').update(content).digest('hex');
}
