// Websockets: Directus' own protocol and GraphQL's, with subscriptions that hear of what is written.

export async function websockets(speaker) {
	const rest = await open(speaker, '/websocket');
	await rest.ask({ type: 'items', collection: 'talk_tags', action: 'read' });
	await rest.close();

	const socket = await open(speaker, '/websocket');
	await socket.ask({ type: 'auth', access_token: speaker.token });
	await socket.ask({ type: 'items', collection: 'talk_tags', action: 'read', query: { sort: ['id'] } });
	await socket.ask({ type: 'items', collection: 'talk_tags', action: 'create', data: { word: 'by socket' }, uid: '1' });
	await socket.ask({ type: 'items', collection: 'talk_nothing', action: 'read' });
	await socket.ask({ type: 'subscribe', collection: 'talk_tags', query: { fields: ['word'] }, uid: 'tags' });
	const { id } = await speaker.post('/items/talk_tags', { word: 'heard' });
	await socket.hear('created');
	await speaker.patch(`/items/talk_tags/${id}`, { word: 'heard again' });
	await socket.hear('updated');
	await speaker.delete(`/items/talk_tags/${id}`);
	await socket.hear('deleted');
	await socket.ask({ type: 'unsubscribe', uid: 'tags' });
	await socket.close();

	const graphql = await open(speaker, '/graphql', 'graphql-transport-ws');
	await graphql.ask({ type: 'connection_init', payload: { access_token: speaker.token } });
	graphql.send({ id: 's', type: 'subscribe', payload: { query: 'subscription { talk_tags_mutated { event key data { word } } }' } });
	await graphql.ask({ id: 'e', type: 'subscribe', payload: { query: 'subscription { nothing_mutated { event } }' } });
	// There is no answer to a subscription; the next question is answered after it.
	await graphql.ask({ type: 'ping' });
	const { id: other } = await speaker.post('/items/talk_tags', { word: 'heard by GraphQL' });
	await graphql.hear('created');
	await speaker.delete(`/items/talk_tags/${other}`);
	await graphql.hear('deleted');
	await graphql.close();
}

async function open(speaker, path, protocol) {
	const socket = new WebSocket(`${speaker.base.replace('http', 'ws')}${path}`, protocol);
	const heard = [];
	socket.addEventListener('message', ({ data }) => heard.push(JSON.parse(data)));
	await new Promise((resolve, reject) => {
		socket.addEventListener('open', resolve);
		socket.addEventListener('error', () => reject(new Error(`cannot open ${path}`)));
	});
	const send = (message) => socket.send(JSON.stringify(message));
	const hear = async (what) => {
		await speaker.until(`a message on ${path} (${what})`, () => heard.length > 0);
		speaker.say(`${path} ${what}`, heard.shift());
	};
	return {
		send,
		hear,
		ask: async (message) => {
			send(message);
			await hear(message.type);
		},
		close: async () => {
			socket.close();
			await speaker.until(`the end of ${path}`, () => socket.readyState === WebSocket.CLOSED);
			if (heard.length > 0) throw new Error(`unexpected on ${path}: ${JSON.stringify(heard)}`);
		},
	};
}
