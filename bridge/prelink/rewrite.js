// What is changed in a module on its way into the prelinked Directus, so that it behaves as if Node had loaded it from its own file:
//
// 1. `import.meta.url`, `import.meta.dirname`, `__dirname` and the like are those of the original file: Directus reads templates,
//    migrations and locales next to its modules.
// 2. `import(…)` and `require(…)` of what is only known at run time start from the original file.
// 3. At its end each module enters itself into the table of linked modules, where others find it by its original address.
//
// A *place* is a module's path below the folder that holds Directus, so that the result is the same wherever that lies. What has native code
// or needs sloppy mode stays outside, and so does what is not installed: both are asked for at run time, as Directus itself would.

import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { isSloppy } from './sloppy.js';
import { edited } from './syntax.js';

// `../prelinked.js` puts it there before any of it is loaded.
const TABLE = '__prelinked';

export function rewriter({ root, parse }) {
	const modules = new Set();
	const ecmaScript = new Set();
	const awaiting = new Set();
	const place = (file) => relative(root, file).split(sep).join('/');
	const packages = new Map();

	/** The package that a file belongs to: whether its plain `.js` is a module, and whether it has native code. */
	function packageOf(folder) {
		if (packages.has(folder)) return packages.get(folder);
		let found;
		const manifest = join(folder, 'package.json');
		const parsed = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : null;
		const isRoot = dirname(folder) === folder || basename(folder) === 'node_modules';
		if (parsed && parsed.name) found = { isModule: parsed.type === 'module', isNative: hasNativeCode(folder, parsed) };
		// A nested package.json without a name says the type of its folder only.
		else if (parsed) found = { isModule: parsed.type === 'module', isNative: packageOf(dirname(folder)).isNative };
		else if (isRoot) found = { isModule: false, isNative: false };
		else found = packageOf(dirname(folder));
		packages.set(folder, found);
		return found;
	}

	function load(file) {
		const { isModule, isNative } = packageOf(dirname(file));
		const isEsm = file.endsWith('.mjs') || (file.endsWith('.js') && isModule);
		const at = JSON.stringify(place(file));
		if (isNative && isEsm) throw new Error(`cannot leave \`${place(file)}\` outside: it has native code and is no CommonJS`);
		if (isNative) return outside(at);
		const text = readFileSync(file, 'utf8').replace(/^#!.*/, '');
		if (!isEsm && isSloppy(text, () => tree(text, file))) return outside(at);
		modules.add(place(file));
		return isEsm ? esm(text, file, at) : commonJs(text, file, at);
	}

	function esm(text, file, at) {
		ecmaScript.add(place(file));
		const changed = edit(text, file, (node, replace, outer) => {
			if (node.type === 'MemberExpression' && isImportMeta(node.object) && !node.computed) {
				if (['url', 'dirname', 'filename'].includes(node.property.name)) replace(node, `${TABLE}.${node.property.name}(${at})`);
			}
			dynamicImport(node, replace, at);
			if (isAwait(node) && !outer.some(({ type }) => /Function|PropertyDefinition|StaticBlock/.test(type))) awaiting.add(place(file));
		}, /\bimport\s*(\.\s*meta\b|\()|\bawait\b/);
		return `${changed}\nimport * as __self from ${JSON.stringify(`./${basename(file)}`)}; ${TABLE}.enter(${at}, __self);`;
	}

	function commonJs(text, file, at) {
		const changed = edit(text, file, (node, replace) => {
			dynamicImport(node, replace, at);
			const isRequire = (each) => each?.type === 'Identifier' && each.name === 'require';
			if (node.type === 'CallExpression' && isRequire(node.callee) && !isStatic(node.arguments[0])) {
				replace(node.callee, `${TABLE}.require(${at})`);
			}
			if (node.type === 'MemberExpression' && isRequire(node.object) && !node.computed && ['resolve', 'cache'].includes(node.property.name)) {
				replace(node.object, `${TABLE}.require(${at})`);
			}
		}, /\bimport\s*\(|\brequire\s*(\.\s*(resolve|cache)\b|\(\s*[^\s'"])/);
		const own = ['dirname', 'filename'].filter((name) => changed.includes(`__${name}`) && !new RegExp(`(const|let|var)\\s+__${name}\\b`).test(changed));
		let head = own.map((name) => `var __${name} = ${TABLE}.${name}(${at});`).join('');
		// Node gives each module a `require` of its own, to be set as it likes (napi's loaders do); none of its calls is followed then.
		if (/(^|[;{}\s])require\s*=[^=]/.test(text)) head += `var require = ${TABLE}.require(${at});`;
		return `if (${TABLE}.isAdopted(${at}, module)) return;${head}${changed}\n;${TABLE}.enter(${at}, module);`;
	}

	/** The names that a module exports; null of a CommonJS module, whose names are known once it ran. */
	function exportsOf(at) {
		if (!ecmaScript.has(at)) return null;
		const file = join(root, at);
		const names = new Set();
		for (const node of tree(readFileSync(file, 'utf8'), file).body) {
			if (node.type === 'ExportDefaultDeclaration') names.add('default');
			if (node.type === 'ExportNamedDeclaration') {
				for (const { exported } of node.specifiers) names.add(exported.name ?? exported.value);
				for (const { id } of node.declaration?.declarations ?? (node.declaration ? [node.declaration] : [])) bound(id, names);
			}
			if (node.type === 'ExportAllDeclaration' && node.exported) names.add(node.exported.name ?? node.exported.value);
			else if (node.type === 'ExportAllDeclaration') names.add('*');
		}
		return [...names];
	}

	function tree(text, file) {
		try {
			return parse(text, { allowReturnOutsideFunction: true });
		} catch (error) {
			throw new Error(`cannot parse \`${place(file)}\`: ${error.message}`);
		}
	}

	function dynamicImport(node, replace, at) {
		if (node.type !== 'ImportExpression' || isLiteral(node.source)) return;
		replace({ start: node.start, end: node.source.start }, `${TABLE}.import(${at}, `);
	}

	/** The text with what `visit` replaces; files without the words that `worth` names are not parsed. */
	function edit(text, file, visit, worth) {
		if (!worth.test(text)) return text;
		return edited(text, tree(text, file), visit);
	}

	const plugin = {
		name: 'original files',
		setup(build) {
			// What is not installed is asked for when it is needed, and missed then (drivers of other databases).
			build.onResolve({ filter: /^[^.\/]/, namespace: 'file' }, async (args) => {
				if (args.pluginData === plugin || !['require-call', 'dynamic-import', 'require-resolve'].includes(args.kind)) return undefined;
				const { path, importer, kind, resolveDir } = args;
				const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: plugin });
				// By its own way it also knows whether the file is a module; of an answer from here it would not.
				if (found.errors.length === 0) return undefined;
				return { path: JSON.stringify([place(importer), path]), namespace: 'absent' };
			});
			build.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => {
				const [at, name] = JSON.parse(path);
				return { contents: `module.exports = ${TABLE}.require(${JSON.stringify(at)})(${JSON.stringify(name)});` };
			});
			build.onLoad({ filter: /\.[cm]?js$/, namespace: 'file' }, ({ path }) => ({
				contents: load(path),
				loader: 'js',
				resolveDir: dirname(path),
			}));
			build.onLoad({ filter: /\.node$/, namespace: 'file' }, ({ path }) => ({ contents: outside(JSON.stringify(place(path))), loader: 'js' }));
		},
	};

	return { plugin, place, modules, awaiting, exportsOf, banner: `const ${TABLE} = globalThis[Symbol.for("prelinked")], require = ${TABLE}.require("package.json");` };
}

/** A file that Node itself loads when it is asked for. */
function outside(at) {
	return `module.exports = ${TABLE}.require(${at})(${TABLE}.filename(${at}));`;
}

function hasNativeCode(folder, manifest) {
	if (manifest.gypfile || manifest.cpu) return true;
	const names = readdirSync(folder);
	return names.includes('binding.gyp') || names.includes('prebuilds') || names.some((name) => name.endsWith('.node'));
}

const isImportMeta = (node) => node?.type === 'MetaProperty' && node.meta.name === 'import';
const isAwait = (node) => node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await);
const isLiteral = (node) => node?.type === 'Literal' && typeof node.value === 'string';

/** A path that esbuild follows by itself: a text, or one with a part of it open. */
function isStatic(node) {
	if (isLiteral(node)) return true;
	const begins = node?.type === 'TemplateLiteral' ? node.quasis[0].value.cooked : node?.type === 'BinaryExpression' && isLiteral(node.left) ? node.left.value : '';
	return /^\.\.?\//.test(begins);
}

/** The names that a declaration binds. */
function bound(pattern, names) {
	if (pattern.type === 'Identifier') names.add(pattern.name);
	for (const each of pattern.properties ?? pattern.elements ?? []) if (each) bound(each.value ?? each.argument ?? each, names);
	if (pattern.left) bound(pattern.left, names);
}
