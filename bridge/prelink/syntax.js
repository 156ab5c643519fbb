// Changes in a text by its syntax tree, and nothing else of it.

/** The text with what `visit(node, replace, outer)` replaces; `outer` are the nodes around it, the nearest last. */
export function edited(text, tree, visit) {
	const edits = [];
	walk(tree, (node, outer) => visit(node, ({ start, end }, replacement) => edits.push({ start, end, replacement }), outer));
	const parts = [];
	let at = 0;
	for (const { start, end, replacement } of edits.sort((a, b) => a.start - b.start)) {
		parts.push(text.slice(at, start), replacement);
		at = end;
	}
	return parts.join('') + text.slice(at);
}

/** Every node, with those around it, the nearest last. */
export function walk(node, visit, outer = []) {
	visit(node, outer);
	outer.push(node);
	for (const value of Object.values(node)) {
		if (Array.isArray(value)) value.forEach((each) => each && typeof each.type === 'string' && walk(each, visit, outer));
		else if (value && typeof value.type === 'string') walk(value, visit, outer);
	}
	outer.pop();
}
