// The extensions in `../extensions`, one of each kind: what they answer, and that they see the very modules that run.

export async function extensions(speaker) {
	const identity = await speaker.get('/talk-endpoint/identity');
	const strangers = Object.entries(identity).filter(([, same]) => same !== true);
	if (strangers.length > 0) throw new Error(`an extension gets other instances: ${JSON.stringify(Object.fromEntries(strangers))}`);
	await speaker.get('/talk-endpoint/forbidden', { status: 403 });
	await speaker.get('/talk-endpoint/names');
	await speaker.get('/talk-common/identity');
	await speaker.get('/talk-bundled-endpoint/');
	await speaker.get('/talk-sandboxed/hello?x=1');
	await speaker.post('/talk-sandboxed/echo', { a: 1 });
	const bundle = await speaker.get('/extensions/sources/index.js', { token: null });
	for (const kind of ['interface', 'display', 'layout', 'module', 'panel', 'theme', 'operation', 'bundled']) {
		if (!String(bundle).includes(`talk ${kind}`)) throw new Error(`the app's bundle is without the extension \`talk ${kind}\``);
	}
	// Their order is that of the file system.
	await speaker.get('/extensions', { shown: ({ data }) => data.map(({ schema, meta }) => JSON.stringify([schema, meta.enabled])).sort() });
}
