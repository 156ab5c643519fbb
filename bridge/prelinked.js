// The prelinked Directus at run time (`prelink/` makes it): whether it fits what is installed, and that whoever asks for one of its modules by
// the original address gets the very module that runs, because a second instance would have a second pool of connections.

import { readFileSync, realpathSync, statSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { COMPILED, MANIFEST, installation, nameOf } from './prelink/manifest.js';

/**
 * Takes the prelinked Directus in `folder` for the one in `root`. Returns why not, if it does not fit; nothing is changed then. Throws when it
 * fits and does not load: what was loaded of it stays, and the plain modules beside it would be second instances.
 */
export async function usePrelinked(folder, root) {
	// Imported by name they would end the whole program where Node does not have them.
	const { enableCompileCache, registerHooks } = module;
	if (!registerHooks || !enableCompileCache) return `Node ${process.versions.node} cannot redirect modules`;
	let manifest;
	try {
		manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'));
		const why = mismatch(manifest, folder, root);
		if (why) return why;
	} catch (error) {
		return error.code === 'ENOENT' ? `there is none in \`${folder}\`` : `cannot tell whether it fits: ${error.message}`;
	}
	// Filled where the prelinked Directus was made or, where it may be written, by the first starts; nothing is lost without it.
	enableCompileCache(join(folder, COMPILED));
	const table = new Table(realpathSync(root));
	redirect(manifest, folder, table);
	try {
		// One after the other: what has to be awaited, then the rest in one go (`prelink/build.js`).
		for (const file of ['first.mjs', 'main.mjs']) await import(pathToFileURL(join(folder, file)).href);
	} catch (error) {
		throw new Error(`the prelinked Directus does not load: ${error.message}; RUNNER_PRELINKED=off runs its plain modules`, { cause: error });
	}
	return null;
}

/** Why it is not a prelinked form of what is installed, by what can be seen cheaply. */
function mismatch(manifest, folder, root) {
	if (manifest.node !== process.versions.node.split('.')[0]) return `it is for Node ${manifest.node}, this is ${process.versions.node}`;
	if (manifest.name !== nameOf(manifest.esbuild)) return 'another version of the bridge made it';
	const found = installation(root);
	if (manifest.api !== found.api) return `it is of @directus/api ${manifest.api}, installed is ${found.api}`;
	if (manifest.installation !== found.installation) return 'it was made of another install of the same version';
	for (const [file, { bytes }] of Object.entries(manifest.files)) {
		const size = statSync(join(folder, file), { throwIfNoEntry: false })?.size;
		if (size !== bytes) return size === undefined ? `\`${file}\` is missing` : `\`${file}\` has ${size} bytes instead of ${bytes}`;
	}
	// Somebody may have mended a file of Directus in place.
	for (const [place, bytes] of Object.entries(manifest.sources)) {
		if (statSync(join(root, place), { throwIfNoEntry: false })?.size !== bytes) return `\`${place}\` is another one now`;
	}
	return null;
}

// An import that starts from the original file of a linked module: `prelinked-from:PLACE/SPECIFIER`.
const FROM = 'prelinked-from:';

/** What linked modules enter themselves into, and ask about their original files (`prelink/rewrite.js`). */
class Table {
	entered = new Map();
	#originals = new Map();
	#requires = new Map();

	constructor(root) {
		this.root = root;
		globalThis[Symbol.for('prelinked')] = this;
	}

	enter(place, module) {
		this.entered.set(place, module);
	}

	/** A CommonJS module that somebody has loaded from its file before Directus needed it: that one is it. */
	adopt(place, module) {
		this.#originals.set(place, module);
	}

	isAdopted(place, module) {
		const original = this.#originals.get(place);
		if (original) module.exports = original.exports;
		return original !== undefined;
	}

	filename(place) {
		return join(this.root, place);
	}

	dirname(place) {
		return dirname(this.filename(place));
	}

	url(place) {
		return pathToFileURL(this.filename(place)).href;
	}

	/** Of a module's address, its place; null elsewhere, and with a query, which asks for an instance of its own. */
	place(url) {
		const base = `${pathToFileURL(this.root).href}/`;
		return url.startsWith(base) && !url.includes('?') ? decodeURIComponent(url.slice(base.length)) : null;
	}

	require(place) {
		if (!this.#requires.has(place)) this.#requires.set(place, createRequire(this.filename(place)));
		return this.#requires.get(place);
	}

	import(place, specifier, options) {
		return import(`${FROM}${[place, specifier].map(encodeURIComponent).join('/')}`, options);
	}
}

/** Node's own ways in: the address of a linked module leads to it. */
function redirect(manifest, folder, table) {
	const linked = new Set(manifest.modules);
	module.registerHooks({
		resolve(specifier, context, next) {
			if (!specifier.startsWith(FROM)) return next(specifier, context);
			const [place, wanted] = specifier.slice(FROM.length).split('/').map(decodeURIComponent);
			return next(wanted, { ...context, parentURL: table.url(place) });
		},
		load(url, context, next) {
			const place = table.place(url);
			if (place === null || !linked.has(place)) return next(url, context);
			return { ...found(place, table, manifest.lazy[place], folder, () => next(url, context)), shortCircuit: true };
		},
	});
}

/** What Node gets for a linked module. */
function found(place, table, lazy, folder, original) {
	const module = table.entered.get(place);
	if (module !== undefined) return isCommonJs(module) ? commonJs(place, module) : esm(place, Object.keys(module));
	if (lazy === undefined) return unused(place, table, original());
	return esm(place, lazy.exports, pathToFileURL(join(folder, lazy.file)).href);
}

/** Linked, but Directus comes to it later, if at all. */
function unused(place, table, loaded) {
	if (loaded.format !== 'commonjs') return loaded;
	const source = readFileSync(table.filename(place), 'utf8');
	return { format: 'commonjs', source: `${source}\n;${TABLE}.adopt(${JSON.stringify(place)}, module);` };
}

const TABLE = 'globalThis[Symbol.for("prelinked")]';

// esbuild's namespace of a module has getters; what a CommonJS module enters is Node's or esbuild's `module`.
function isCommonJs(module) {
	return Object.getOwnPropertyDescriptor(module, 'exports')?.get === undefined && Object.hasOwn(module, 'exports');
}

function commonJs(place, module) {
	// Node looks for names in the text; as strings, because a name may be a reserved word (`joi.function`).
	const own = Object.keys(module.exports ?? {});
	// Most compilers define it as not enumerable, and Node exports it like any other.
	if (Object.hasOwn(module.exports ?? {}, '__esModule') && !own.includes('__esModule')) own.push('__esModule');
	const names = own.map((name) => `exports[${JSON.stringify(name)}] = 0;`);
	const source = `if (0) { ${names.join(' ')} }\nmodule.exports = ${TABLE}.entered.get(${JSON.stringify(place)}).exports;`;
	return { format: 'commonjs', source };
}

function esm(place, exports, file) {
	const names = exports.map((name) => JSON.stringify(name));
	const lines = names.map((name, at) => `const v${at} = m[${name}]; export { v${at} as ${name} };`);
	// Not awaited: Node refuses to `require` a module that waits.
	const first = file === undefined ? '' : `import ${JSON.stringify(file)};\n`;
	return { format: 'module', source: `${first}const m = ${TABLE}.entered.get(${JSON.stringify(place)});\n${lines.join('\n')}` };
}
