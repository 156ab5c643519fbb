// What is about the server itself: its state, helpers, the pages of its app, metrics, and tools for agents (MCP).

export async function app(speaker) {
	await speaker.get('/server/ping');
	await speaker.get('/server/info');
	await speaker.get('/server/health', { shown: ({ status, checks }) => ({ status, checks: Object.keys(checks ?? {}).sort() }) });
	await speaker.get('/metrics', { shown: (text) => text.includes('# TYPE directus_db_pg_response_time_ms histogram') });
	await speaker.get('/admin/login', { token: null });
	await speaker.get('/', { token: null, status: 302 });
	await speaker.get('/utils/random/string?length=12', { shown: ({ data }) => data.length });
	const hash = await speaker.post('/utils/hash/generate', { string: 'a word' });
	await speaker.post('/utils/hash/verify', { string: 'a word', hash });
	await speaker.post('/utils/hash/verify', { string: 'another', hash });
	await speaker.post('/utils/cache/clear');
	const mcp = (method, params) =>
		speaker.post('/mcp', { jsonrpc: '2.0', id: 1, method, params }, { headers: { accept: 'application/json, text/event-stream' } });
	await mcp('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'talk', version: '1' } });
	await mcp('tools/list', {});
	await mcp('tools/call', { name: 'items', arguments: { action: 'read', collection: 'talk_tags', query: { fields: ['word'], sort: ['id'] } } });
	await speaker.get('/users?fields=email,status,role.name&sort=email');
	await speaker.get('/collections/directus_users');
	await speaker.post('/auth/login', { email: 'x' }, { token: null, status: 400 });
}
