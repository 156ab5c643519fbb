// The bridge: the one Node process through which everything talks to Directus, and the only program that imports it.
// Commands and answers are JSON lines on one inherited socket; Directus' own log goes to stdout. The protocol is in
// README.md. When the other end closes, the bridge ends, unless it serves.

import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { commands } from './commands.js';
import { loadDirectus } from './directus.js';
import { usePrelinked } from './prelinked.js';

// A socket and not a file: reads of a file descriptor would occupy one of libuv's four worker threads for good.
const socket = new Socket({ fd: Number(process.env.RUNNER_BRIDGE_FD), readable: true, writable: true });
delete process.env.RUNNER_BRIDGE_FD;
socket.on('error', () => process.exit(1));

function send(message) {
	return new Promise((resolve) => socket.write(`${JSON.stringify(message)}\n`, resolve));
}

function describe(error) {
	const list = Array.isArray(error) ? error : [error];
	return {
		message: list.map((each) => each?.message ?? String(each)).join('\n'),
		code: list[0]?.code ?? null,
		stack: list[0]?.stack ?? null,
	};
}

async function main() {
	const root = process.env.RUNNER_DIRECTUS ?? '/directus';
	const folder = process.env.RUNNER_PRELINKED ?? `${root}/prelinked`;
	let directus;
	let plain = null;
	try {
		// The longest part of a start (D36); whoever started us works meanwhile.
		if (folder !== 'off') plain = await usePrelinked(folder, root);
		if (plain) console.warn(`bridge: Directus' plain modules run, and take seconds longer: ${plain}`);
		directus = await loadDirectus(root);
	} catch (error) {
		await send({ event: 'failed', error: describe(error) });
		process.exit(1);
	}
	await send({ event: 'ready', node: process.versions.node, directus: directus.version, migrations: directus.systemMigrations, plain });

	let serving = false;
	for await (const line of createInterface({ input: socket })) {
		const { id, command, ...args } = JSON.parse(line);
		try {
			if (!Object.hasOwn(commands, command)) throw new Error(`unknown command \`${command}\``);
			const result = await commands[command](directus, args);
			serving ||= command === 'start';
			await send({ id, result: result ?? {} });
		} catch (error) {
			await send({ id, error: describe(error) });
		}
	}
	if (!serving) process.exit(0);
}

await main();
