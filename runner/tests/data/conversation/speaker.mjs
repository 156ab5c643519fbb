// Asks Directus, checks the status, and prints what was answered in a form that is the same in every run.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { same } from './same.mjs';

// What is longer than this is printed as its beginning and its hash.
const LONG = 6000;
const WAIT_S = 10;

export class Speaker {
	chapter = 'login';
	token = null;
	#names = new Map();

	constructor({ base, elsewhere, mailbox }) {
		Object.assign(this, { base, elsewhere, mailbox });
	}

	/** Asks, and returns the answer's `data`; `token: null` asks as nobody. */
	async ask(method, path, body, { status = 200, token = this.token, headers = {}, quiet = false, shown = (data) => data } = {}) {
		const isRaw = body === undefined || body instanceof FormData || body instanceof Uint8Array;
		const response = await fetch(`${this.base}${path}`, {
			method,
			redirect: 'manual',
			signal: AbortSignal.timeout(WAIT_S * 1000),
			headers: {
				...(token === null ? {} : { authorization: `Bearer ${token}` }),
				...(isRaw ? {} : { 'content-type': 'application/json' }),
				...headers,
			},
			body: isRaw ? body : JSON.stringify(body),
		});
		const bytes = Buffer.from(await response.arrayBuffer());
		const type = response.headers.get('content-type');
		let answer = bytes;
		if (type?.includes('json')) answer = bytes.length === 0 ? null : JSON.parse(bytes);
		else if (type === null || /^(text|application\/(xml|javascript))|csv|yaml/.test(type)) answer = bytes.toString();
		const statuses = [status].flat();
		if (!statuses.includes(response.status)) {
			throw new Error(`${this.chapter}: ${method} ${path}: ${response.status} instead of ${statuses}: ${bytes.toString().slice(0, 2000)}`);
		}
		if (!quiet) this.say(`${method} ${path}`, { status: response.status, type, location: response.headers.get('location') ?? undefined, answer: shown(answer) });
		if (response.headers.get('location')) return { location: response.headers.get('location') };
		return answer?.data ?? answer;
	}

	get(path, options) {
		return this.ask('GET', path, undefined, options);
	}

	post(path, body, options) {
		return this.ask('POST', path, body, options);
	}

	patch(path, body, options) {
		return this.ask('PATCH', path, body, options);
	}

	delete(path, options) {
		return this.ask('DELETE', path, undefined, { status: 204, ...options });
	}

	async login(email, password) {
		const { access_token: token } = await this.post('/auth/login', { email, password }, { token: null });
		this.token ??= token;
		return token;
	}

	/** Prints one line. */
	say(what, said) {
		const bytes = said?.answer;
		const plain = Buffer.isBuffer(bytes) ? { ...said, answer: { bytes: bytes.length, sha256: sha256(bytes) } } : said;
		const text = this.#same(JSON.stringify([this.chapter, what, plain]));
		console.log(text.length > LONG ? JSON.stringify([text.slice(0, 400), text.length, sha256(text)]) : text);
	}

	/** Tries until there is something, for what Directus does after its answer. */
	async until(what, attempt) {
		const end = Date.now() + WAIT_S * 1000;
		while (Date.now() < end) {
			const found = await attempt();
			if (found) return found;
			await new Promise((resolve) => setTimeout(resolve, 25));
		}
		throw new Error(`${this.chapter}: ${what} did not happen within ${WAIT_S} s`);
	}

	/** The mail with that subject, once it came; without what the transport makes up. */
	async mail(subject) {
		const all = () => (existsSync(this.mailbox) ? readFileSync(this.mailbox, 'utf8').split('\f') : []);
		const mail = await this.until(`mail \`${subject}\``, () => all().find((each) => each.includes(`Subject: ${subject}`)));
		// Quoted-printable breaks lines where it likes, in the middle of a token too.
		const text = decodeURIComponent(mail.replace(/=\r?\n/g, '').replaceAll('%', '%25').replace(/=([0-9A-F]{2})/g, '%$1'));
		this.say(`mail ${subject}`, text.replace(/^(Message-ID|Date): .*$/gm, '$1: …'));
		return text;
	}

	/** The same identifier keeps the same name, so that who is who can still be told. */
	#same(text) {
		return same(text, (found) => {
			if (!this.#names.has(found)) this.#names.set(found, `<uuid ${this.#names.size}>`);
			return this.#names.get(found);
		}).replace(/"secret":"[^"]+"/g, '"secret":"<secret>"');
	}
}

export function sha256(content) {
	return createHash('sha256').update(content).digest('hex');
}
