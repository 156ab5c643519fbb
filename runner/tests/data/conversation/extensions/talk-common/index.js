// An endpoint in CommonJS, which asks for ECMAScript modules of Directus while it is read.

const emitter = require('@directus/api/emitter');
const log = require('@directus/api/operations/log/index');
const migration = require('@directus/api/database/migrations/20240909A-separate-comments');
const express = require('express');

module.exports = (router, { database, services }) => {
	router.get('/identity', async (req, res) => {
		const same = {
			emitter: emitter.default === (await import('@directus/api/emitter')).default,
			operation: log.default === (await import('@directus/api/operations/log/index')).default,
			migration: migration.up === (await import('@directus/api/database/migrations/20240909A-separate-comments')).up,
			express: Object.getPrototypeOf(req.app.request) === express.request,
			database: require('@directus/api/database/index').getDatabase() === database,
			services: require('@directus/api/services/items').ItemsService === services.ItemsService,
			cached: Object.keys(require.cache).some((file) => file.endsWith('/express/index.js')),
		};
		res.json(same);
	});
};
