// Names of functions and classes, as they are without linking. Where two modules have a `Client`, one becomes `Client2`, and would say so of
// itself in errors and wherever `constructor.name` is asked. esbuild can set the name back, but does it for every function, each time one is
// made; here only those are left that linking did change.

import { edited } from './syntax.js';

/** A linked file without the needless ones. */
export function withNeededNames(text, parse) {
	return edited(text, parse(text), (node, replace, outer) => {
		if (node.type !== 'CallExpression' || node.callee.name !== '__name') return;
		const [value, { value: name }] = node.arguments;
		const parent = outer.at(-1);
		if (parent.type === 'ExpressionStatement' && value.type === 'Identifier' && value.name === name) {
			replace(parent, '');
		} else if (value.type === 'ThisExpression') {
			// `class A { static { __name(this, "A") } … }`
			const [around, one, , block] = outer.slice(-5);
			if (ownName(one, around) === name) replace(block, '');
		} else if (/Function|Class/.test(value.type) && (value.id?.name ?? nameBy(parent, node)) === name) {
			// In brackets: a function at the beginning of a statement would be another thing.
			replace({ start: node.start, end: value.start }, '(');
			replace({ start: value.end, end: node.end }, ')');
		}
	});
}

function ownName(one, around) {
	return one.id?.name ?? nameBy(around, one);
}

/** The name that JavaScript gives an anonymous function or class for where it stands. */
function nameBy(parent, node) {
	if (parent.type === 'VariableDeclarator' && parent.init === node) return parent.id.name;
	if (parent.type === 'AssignmentExpression' && parent.operator === '=' && parent.right === node) return parent.left.name;
	const isProperty = ['Property', 'PropertyDefinition'].includes(parent.type) && parent.value === node && !parent.computed;
	return isProperty ? (parent.key.name ?? parent.key.value) : undefined;
}
