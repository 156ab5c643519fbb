import { log, sleep } from 'directus:api';

export default (router) => {
	router.get('/hello', async ({ url }) => {
		log('from the sandbox');
		await sleep(1);
		return { status: 200, body: { url, process: Object.keys(process), hasRequire: typeof require } };
	});
	router.post('/echo', async ({ body }) => ({ status: 200, body: { echoed: body } }));
};
