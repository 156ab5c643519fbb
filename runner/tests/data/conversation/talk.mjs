// A long conversation with a running Directus: one line of JSON for each answer, without anything that differs from run to run. It is held
// with the plain and with the prelinked Directus, and both must say the same (`../../it/prelinked.rs`). An answer with another status than
// the expected one, or a message that does not come, ends it: a conversation that went wrong in the same way twice proves nothing.
//
//   node talk.mjs SOCKET MAILBOX OPERATIONS
//
// SOCKET is where Directus listens, MAILBOX the file that its mail goes to, OPERATIONS the folder of its own operations for flows.

import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { Speaker } from './speaker.mjs';
import { app } from './chapters/app.mjs';
import { extensions } from './chapters/extensions.mjs';
import { files, picture } from './chapters/files.mjs';
import { flows } from './chapters/flows.mjs';
import { graphql } from './chapters/graphql.mjs';
import { items } from './chapters/items.mjs';
import { permissions } from './chapters/permissions.mjs';
import { schema } from './chapters/schema.mjs';
import { transfer } from './chapters/transfer.mjs';
import { websockets } from './chapters/websockets.mjs';

const [socket, mailbox, operations] = process.argv.slice(2);

// Neither fetch nor WebSocket takes the path of a socket.
const door = await listening(createServer((from) => {
	const to = connect(socket);
	from.pipe(to).pipe(from);
	for (const [one, other] of [[from, to], [to, from]]) one.on('error', () => other.destroy());
}));
// What flows and imports ask for.
const elsewhere = await listening(createHttpServer((request, response) => {
	if (request.url === '/picture.png') return response.setHeader('content-type', 'image/png').end(picture());
	let text = '';
	request.on('data', (part) => (text += part)).on('end', () => {
		response.setHeader('content-type', 'application/json').setHeader('x-echo', 'yes');
		response.sendDate = false;
		response.end(JSON.stringify({ method: request.method, url: request.url, text }));
	});
}));

const speaker = new Speaker({ base: `http://127.0.0.1:${door}`, elsewhere: `http://127.0.0.1:${elsewhere}`, mailbox });
await speaker.login('admin@example.com', 'correct horse battery');
for (const chapter of [extensions, schema, items, graphql, files, permissions, flows, websockets, transfer, app]) {
	speaker.chapter = chapter.name;
	await chapter(speaker, operations);
}
process.exit(0);

function listening(server) {
	return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}
