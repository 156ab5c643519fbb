import { InvalidPayloadError } from '@directus/errors';

export default ({ filter, action, init, embed, schedule }, { database, services, getSchema, logger }) => {
	filter('talk_tags.items.create', (payload) => {
		if (payload.word === 'refused') throw new InvalidPayloadError({ reason: 'the hook refuses it' });
		return payload;
	});
	action('talk_rallies.items.create', async ({ key }) => {
		await new services.ItemsService('talk_settings', { schema: await getSchema(), knex: database }).readSingleton({});
		logger.info(`the hook heard of rally ${key}`);
	});
	init('routes.custom.after', ({ app }) => app.get('/talk-init', (_req, res) => res.json({ init: true })));
	embed('head', '<meta name="talk" content="hook">');
	embed('body', () => '<!-- talk hook -->');
	schedule('0 0 1 1 *', () => {});
};
