// Flows: started by a request, an event and the clock, with every operation that Directus has and those of the extensions.

import { readdirSync } from 'node:fs';

const USED = new Set();

export async function flows(speaker, operations) {
	const { id: admin } = await speaker.get('/users/me?fields=id');
	const inner = await flow(speaker, { name: 'inner', trigger: 'operation', options: { return: '$last' } }, [
		['transform', 'inner', { json: '{"got": "{{ $trigger.word }}"}' }],
	]);
	const token = "{{ sign }}";
	const outer = await flow(speaker, { name: 'outer', trigger: 'webhook', options: { method: 'POST', return: '$all', async: false } }, [
		['transform', 'transformed', { json: '{"greeting": "hello {{ $trigger.body.name }}"}' }],
		['condition', 'condition', { filter: { $trigger: { body: { name: { _eq: 'Ada' } } } } }],
		['exec', 'exec', { code: 'module.exports = async (data) => { console.log("in a sandbox"); return { sum: data.$trigger.body.numbers.reduce((a, b) => a + b) }; };' }],
		['item-create', 'create', { collection: 'talk_stages', permissions: '$full', emitEvents: true, payload: { name: 'by a flow, {{ exec.sum }}' } }],
		['item-read', 'read', { collection: 'talk_stages', permissions: '$full', key: ['{{ create[0] }}'], query: { fields: ['name', 'a_text'] } }],
		['item-update', 'update', { collection: 'talk_stages', permissions: '$full', emitEvents: true, key: ['{{ create[0] }}'], payload: { name: 'changed by a flow' } }],
		['item-delete', 'delete', { collection: 'talk_stages', permissions: '$full', query: { filter: { name: { _eq: 'changed by a flow' } } } }],
		['json-web-token', 'sign', { operation: 'sign', payload: { who: 'Ada' }, secret: 'a secret', options: { noTimestamp: true } }],
		['json-web-token', 'verify', { operation: 'verify', token, secret: 'a secret' }],
		['json-web-token', 'decode', { operation: 'decode', token }],
		['log', 'log', { message: 'logged by a flow: {{ exec.sum }}' }],
		['mail', 'mail', { to: ['someone@example.com'], subject: 'From a flow', type: 'markdown', body: '# Hello\n\n**{{ exec.sum }}**, <script>alert(1)</script>' }],
		['mail', 'template', { to: ['someone@example.com'], subject: 'From a template', type: 'template', template: 'base', data: { html: '<p>inside</p>' } }],
		['notification', 'notification', { recipient: [admin], permissions: '$full', subject: 'From a flow', message: 'sum {{ exec.sum }}' }],
		['request', 'request', { url: `${speaker.elsewhere}/asked`, method: 'POST', body: '{"sum": {{ exec.sum }}}', headers: [{ header: 'x-test', value: '1' }] }],
		['sleep', 'sleep', { milliseconds: 5 }],
		['trigger', 'trigger', { flow: inner, payload: [{ word: 'one' }, { word: 'two' }], iterationMode: 'serial' }],
		['trigger', 'parallel', { flow: inner, payload: [{ word: 'three' }], iterationMode: 'parallel' }],
		['talk-hybrid', 'hybrid', { text: '{{ $trigger.body.name }}' }],
		['talk-bundled', 'bundled', { text: '{{ $trigger.body.name }}' }],
		['talk-sandboxed-operation', 'sandboxed', { text: '{{ $trigger.body.name }}' }],
	]);
	const shown = (answer) => ({ ...answer, $env: undefined, $accountability: undefined, $trigger: answer.$trigger?.body });
	await speaker.post(`/flows/trigger/${outer}`, { name: 'Ada', numbers: [1, 2, 39] }, { shown });
	await speaker.mail('From a flow');
	await speaker.mail('From a template');
	await speaker.get('/notifications?fields=subject,message,recipient.email&sort=id');

	const failing = { name: 'failing', trigger: 'webhook', options: { method: 'GET', return: '$last', async: false } };
	const failed = await flow(speaker, failing, [['throw-error', 'thrown', { code: 'TALK', status: '418', message: 'as asked' }]]);
	await speaker.get(`/flows/trigger/${failed}`, { status: [200, 418] });
	const mended = await flow(speaker, failing, [['throw-error', 'thrown', { code: 'TALK', status: '418', message: 'as asked' }]], ['transform', 'mended', { json: '{"error": "{{ thrown.extensions.code }} {{ thrown.message }}"}' }]);
	await speaker.get(`/flows/trigger/${mended}`);
	await speaker.get('/flows/trigger/00000000-0000-4000-8000-000000000000', { status: 403 });

	const filter = { type: 'filter', scope: ['items.create'], collections: ['talk_tags'], return: '$last' };
	await flow(speaker, { name: 'filter', trigger: 'event', options: filter }, [['exec', 'shout', { code: 'module.exports = ({ $trigger }) => ({ ...$trigger.payload, word: $trigger.payload.word.toUpperCase() });' }]]);
	const action = { type: 'action', scope: ['items.create'], collections: ['talk_rallies'] };
	await flow(speaker, { name: 'action', trigger: 'event', options: action }, [['item-update', 'named', { collection: 'talk_rallies', permissions: '$full', key: ['{{ $trigger.key }}'], payload: { name: 'named by an action' } }]]);
	// Directus reads its flows again some time after its answer. This one is seen when it did, and leaves nothing behind.
	const reading = { type: 'filter', scope: ['items.read'], collections: ['talk_settings'], return: '$last' };
	const code = 'module.exports = ({ $trigger }) => $trigger.payload.map((each) => ({ ...each, heard: true }));';
	await flow(speaker, { name: 'reading', trigger: 'event', options: reading, accountability: null }, [['exec', 'read', { code }]]);
	await speaker.until('the reading of flows', async () => (await speaker.get('/items/talk_settings', { quiet: true })).heard);
	await speaker.post('/items/talk_tags', { word: 'from a filter' });
	const { id } = await speaker.post('/items/talk_rallies', { name: 'to be named' }, { quiet: true });
	await speaker.until('the action', async () => (await speaker.get(`/items/talk_rallies/${id}`, { quiet: true })).name === 'named by an action');
	const clock = await flow(speaker, { name: 'clock', trigger: 'schedule', options: { cron: '* * * * * *' }, accountability: null }, [
		['item-update', 'tick', { collection: 'talk_settings', permissions: '$full', payload: { motto: 'ticked' }, key: [1] }],
	]);
	await speaker.until('the clock', async () => (await speaker.get('/items/talk_settings', { quiet: true })).motto === 'ticked');
	await speaker.patch(`/flows/${clock}?fields=status`, { status: 'inactive' });
	await speaker.get('/flows?fields=name,status,trigger,options&sort=name');

	const missing = readdirSync(operations).filter((name) => !USED.has(name));
	if (missing.length > 0) throw new Error(`no flow has the operations ${missing}`);
}

/** Makes a flow of these operations, one after the other; `rejected` follows when the last one fails. */
async function flow(speaker, head, operations, rejected) {
	const { id } = await speaker.post('/flows', { status: 'active', accountability: 'all', ...head });
	const make = async ([type, key, options], follow) => {
		USED.add(type);
		return (await speaker.post('/operations', { flow: id, type, key, name: key, position_x: 1, position_y: 1, options, ...follow })).id;
	};
	let resolve = null;
	const reject = rejected ? await make(rejected) : null;
	for (const [at, operation] of [...operations.entries()].reverse()) {
		resolve = await make(operation, { resolve, reject: at === operations.length - 1 ? reject : null });
	}
	await speaker.patch(`/flows/${id}?fields=name,options`, { operation: resolve });
	return id;
}
