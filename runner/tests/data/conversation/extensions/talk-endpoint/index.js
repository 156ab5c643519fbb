// Reports whether what an extension imports is what Directus itself runs: each answer is true with the plain modules, and must stay so.

import { ForbiddenError as OurForbiddenError } from '@directus/errors';
import { useEnv } from '@directus/env';
import * as sharedUtils from '@directus/utils';
import emitter from '@directus/api/emitter';
import { getDatabase } from '@directus/api/database/index';
import * as allServices from '@directus/api/services/index';
import axios, { isAxiosError } from 'axios';
import express, { Router } from 'express';
import { GraphQLError } from 'graphql';
import joi from 'joi';
import jsonwebtoken from 'jsonwebtoken';
import knexModule from 'knex';
import { merge } from 'lodash-es';
import ms from 'ms';
import sharp from 'sharp';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
// Directus has not asked for it yet when this is read.
const lateEarly = await import('@directus/api/utils/md');

export default {
	id: 'talk-endpoint',
	handler: (router, { services, database, env, logger, getSchema }) => {
		router.get('/identity', async (req, res) => {
			const { getFlowManager } = await import('@directus/api/flows');
			const log = await import('@directus/api/operations/log/index');
			const error = await failure(() => new services.ItemsService('directus_users', { schema: {}, accountability: null }).readOne('x'));
			const heard = await hears(emitter, services, await getSchema());
			res.json({
				database: getDatabase() === database && (await import('@directus/api/database/index')).default() === database,
				databaseRequired: require('@directus/api/database/index').getDatabase() === database,
				services: Object.keys(services).length > 30 && Object.keys(services).every((name) => services[name] === allServices[name]),
				itemsService: services.ItemsService === (await import('@directus/api/services/items')).ItemsService,
				itemsServiceRequired: services.ItemsService === require('@directus/api/services/items').ItemsService,
				emitter: heard,
				emitterRequired: require('@directus/api/emitter').default === emitter,
				schema: getSchema === (await import('@directus/api/utils/get-schema')).getSchema,
				logger: (await import('@directus/api/logger/index')).useLogger() === logger,
				env: useEnv() === env,
				cache: (await import('@directus/api/cache')).getCache().systemCache === require('@directus/api/cache').getCache().systemCache,
				knexRequired: require('knex') === knexModule,
				knexDefault: knexModule.default === knexModule,
				knexRuns: database.client instanceof knexModule.Client,
				knexDialect: database.client instanceof require('knex/lib/dialects/postgres/index.js'),
				pg: database.client.driver === require('pg'),
				errors: error instanceof Error && (await forbidden(services, await getSchema())) instanceof OurForbiddenError,
				errorsRequired: require('@directus/errors').ForbiddenError === OurForbiddenError,
				utils: require('@directus/utils').parseFilter === sharedUtils.parseFilter,
				lodash: (await import('lodash-es/merge.js')).default === merge,
				express: require('express') === express && express.Router === Router,
				expressRuns: Object.getPrototypeOf(router) === Router && Object.getPrototypeOf(req.app.request) === express.request,
				joi: require('joi') === joi,
				graphql: require('graphql').GraphQLError === GraphQLError,
				jsonwebtoken: require('jsonwebtoken') === jsonwebtoken,
				axios: isAxiosError === axios.isAxiosError,
				ms: require('ms') === ms,
				sharp: require('sharp') === sharp,
				operation: getFlowManager().operations.get('log') === log.default.handler,
				operationRequired: require('@directus/api/operations/log/index').default === log.default,
				late: lateEarly.md === (await import('@directus/api/utils/md')).md,
				migration: (await import('@directus/api/database/migrations/20240909A-separate-comments')).up === require('@directus/api/database/migrations/20240909A-separate-comments').up,
				ownFile: (await import('@directus/api/utils/import-file-url')).importFileUrl !== undefined && require.resolve('@directus/api/emitter').endsWith('/dist/emitter.js'),
				fresh: (await import('lodash-es/merge.js?another')).default !== merge,
				aws: require('@aws-sdk/client-sesv2').SESv2Client === (await import('@aws-sdk/client-sesv2')).SESv2Client,
			});
		});
		// Directus takes an error of our own import for one of its own.
		router.get('/forbidden', (_req, _res, next) => next(new OurForbiddenError({ reason: 'as asked' })));
		// What modules export, by name.
		router.get('/names', async (_req, res) => {
			const names = {};
			for (const name of ['@directus/errors', '@directus/utils', '@directus/api/services/index', '@directus/api/cache', 'lodash-es', 'pino', 'graphql', 'ws']) {
				names[name] = Object.keys(await import(name)).sort();
			}
			res.json(names);
		});
	},
};

async function failure(action) {
	try {
		await action();
	} catch (error) {
		return error;
	}
	return null;
}

function forbidden(services, schema) {
	const accountability = { user: null, role: null, roles: [], admin: false, app: false, ip: null };
	return failure(() => new services.ItemsService('directus_users', { schema, accountability }).readByQuery({}));
}

/** Whether what Directus emits is heard by the emitter that we import. */
async function hears(emitter, services, schema) {
	let heard = false;
	const listen = (payload) => {
		heard = true;
		return payload;
	};
	emitter.onFilter('folders.create', listen);
	await new services.FoldersService({ schema }).createOne({ name: 'heard of' });
	emitter.offFilter('folders.create', listen);
	return heard;
}
