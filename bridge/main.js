// The bridge: the one Node process through which everything talks to Directus, and the only program that imports it.
// It reads commands as JSON lines from file descriptor 3 and answers on 4; Directus' own log goes to stdout.
// The protocol is in README.md. When the other end closes, or this process fails in a way it cannot explain, it ends.

import { createInterface } from 'node:readline';
import { createReadStream, writeSync } from 'node:fs';
import { commands } from './commands.js';
import { loadDirectus } from './directus.js';

const COMMANDS_FD = 3;
const ANSWERS_FD = 4;

function send(message) {
	const line = Buffer.from(`${JSON.stringify(message)}\n`);
	for (let sent = 0; sent < line.length; ) {
		try {
			sent += writeSync(ANSWERS_FD, line, sent);
		} catch (error) {
			if (error.code !== 'EAGAIN') throw error;
		}
	}
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
	let directus;
	try {
		// Imports take about 2 s (D26); whoever started us works meanwhile and sends its first command when it is ready.
		directus = await loadDirectus(process.env.RUNNER_DIRECTUS ?? '/directus');
	} catch (error) {
		send({ event: 'failed', error: describe(error) });
		process.exitCode = 1;
		return;
	}
	send({ event: 'ready', node: process.versions.node, directus: directus.version, migrations: directus.systemMigrations });

	const lines = createInterface({ input: createReadStream(null, { fd: COMMANDS_FD, autoClose: false }) });
	let serving = false;
	for await (const line of lines) {
		const { id, command, ...args } = JSON.parse(line);
		try {
			if (!Object.hasOwn(commands, command)) throw new Error(`unknown command \`${command}\``);
			const result = await commands[command](directus, args, send);
			serving ||= command === 'start';
			send({ id, result: result ?? {} });
		} catch (error) {
			send({ id, error: describe(error) });
		}
	}
	// The other end is gone. A server goes on: its parent only handed it over. Anything else has nothing left to do.
	if (!serving) process.exit(0);
}

await main();
