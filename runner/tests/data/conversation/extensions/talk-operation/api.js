import { optionToString } from '@directus/utils';
import { useLogger } from '@directus/api/logger/index';

export default {
	id: 'talk-hybrid',
	handler: ({ text }, { logger, database, services }) => ({
		text: optionToString(text),
		isSame: useLogger() === logger,
		services: Object.keys(services).length,
		client: database.client.constructor.name,
	}),
};
