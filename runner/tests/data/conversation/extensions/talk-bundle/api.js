import emitter from '@directus/api/emitter';
import { getDatabase } from '@directus/api/database/index';
import { pick } from 'lodash-es';

let heard = 0;

export const endpoints = [
	{
		name: 'talk-bundled-endpoint',
		config: (router, { database }) => router.get('/', async (_req, res) => {
			emitter.emitAction('talk.bundle', {});
			res.json({ isSame: getDatabase() === database, heard, picked: pick({ a: 1, b: 2 }, 'a') });
		}),
	},
];
export const hooks = [{ name: 'talk-bundled-hook', config: ({ action }) => action('talk.bundle', () => { heard += 1; }) }];
export const operations = [{ name: 'talk-bundled', config: { id: 'talk-bundled', handler: ({ text }) => ({ text, heard }) } }];
