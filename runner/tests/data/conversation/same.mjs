// A text without what is made up in each run. As a program, its input line by line, sorted: so two dumps of databases can be compared.

import { readFileSync } from 'node:fs';

/** `named` gives the name of an identifier that somebody may refer to again. */
export function same(text, named = () => '<uuid>') {
	return text
		.replace(/127\.0\.0\.1:\d+/g, '<address>')
		.replace(/\/tmp\/\.tmp\w+/g, '<root>')
		.replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>')
		.replace(/\$argon2id\$v=\d+\$[\w=,]+\$[\w+/]+\$[\w+/]+/g, '<hash>')
		.replace(/(?<![\w-])[\w-]{64}(?![\w-])/g, '<session>')
		.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, named)
		// Of a version's item and of an upload in pieces; Directus derives them from times.
		.replace(/\b([0-9a-f]{40}|[0-9a-f]{32})\b/g, '<digest>')
		.replace(/(?<=export-talk_tags-)\d+-\d+/g, '<time>')
		.replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?/g, (found) => (found.startsWith('2001-') ? found : '<time>'));
}

/** A value without the order of what it holds: Directus lists tables in the order in which Postgres happens to find them. */
export function unordered(value) {
	if (Array.isArray(value)) return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
	if (value === null || typeof value !== 'object') return value;
	return Object.fromEntries(Object.keys(value).sort().map((key) => [key, unordered(value[key])]));
}

if (import.meta.filename === process.argv[1]) {
	const lines = same(readFileSync(0, 'utf8')).split('\n');
	process.stdout.write(lines.sort().join('\n'));
}
