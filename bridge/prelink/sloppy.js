// CommonJS files that mean something else in strict mode. What is linked is strict, as every ECMAScript module; a file that never said so may
// assign a name that it has not declared, and make a global of it, or ask a function for its caller. Such a file is not linked.

import { walk } from './syntax.js';

/** Whether a CommonJS file relies on sloppy mode, as far as can be seen; `tree` parses it. */
export function isSloppy(text, tree) {
	if (/^(\s|\/\/[^\n]*\n|\/\*[^]*?\*\/)*['"]use strict['"]/.test(text)) return false;
	const [declared, assigned] = [new Set(), new Set()];
	let asksForCaller = false;
	walk(tree(), (node, outer) => {
		if (/^(Function|Class)/.test(node.type) && node.id) declared.add(node.id.name);
		if (node.type === 'VariableDeclarator') names(node.id, declared);
		if (/Function/.test(node.type)) node.params.forEach((each) => names(each, declared));
		if (node.type === 'CatchClause' && node.param) names(node.param, declared);
		if (node.type === 'AssignmentExpression') names(node.left, assigned);
		if (node.type === 'UpdateExpression') names(node.argument, assigned);
		if (/^For(In|Of)Statement$/.test(node.type) && node.left.type !== 'VariableDeclaration') names(node.left, assigned);
		const isArguments = node.type === 'MemberExpression' && node.object.type === 'Identifier' && node.object.name === 'arguments';
		asksForCaller ||= isArguments && ['callee', 'caller'].includes(node.property.name) && !outer.some(({ type }) => type === 'TemplateLiteral');
	});
	for (const name of ['exports', 'module', 'require', '__dirname', '__filename', 'arguments']) declared.add(name);
	return asksForCaller || [...assigned].some((name) => !declared.has(name) && !Object.hasOwn(globalThis, name));
}

/** The names in a pattern; none of a member (`a.b = 1`). */
function names(pattern, found) {
	if (pattern.type === 'Identifier') found.add(pattern.name);
	if (pattern.type === 'RestElement') names(pattern.argument, found);
	if (pattern.type === 'AssignmentPattern') names(pattern.left, found);
	for (const each of pattern.elements ?? []) if (each) names(each, found);
	for (const each of pattern.properties ?? []) names(each.value ?? each, found);
}
