// Finds and imports the modules of Directus that the bridge relies on (`modules.js`), and checks that each is what we take it for.

import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { places } from './prelink/manifest.js';
import { MODULES, SYSTEM_MIGRATION } from './modules.js';

/** `root` is the folder that holds Directus. */
export async function loadDirectus(root) {
	const { inRoot, api, inApi } = places(root);
	const modules = {};
	await Promise.all(
		Object.entries(MODULES).map(async ([name, functions]) => {
			const module = await import(pathToFileURL(inRoot.resolve(`@directus/api/${name}`)).href);
			for (const each of functions) {
				if (module[each] === undefined) throw new Error(`\`@directus/api/${name}\` no longer exports \`${each}\``);
			}
			modules[name] = module;
		}),
	);
	const { default: yaml } = await import(pathToFileURL(inApi.resolve('js-yaml')).href);
	const { version } = await import(pathToFileURL(inApi.resolve('directus/version')).href);
	const migrations = join(dirname(api), 'dist/database/migrations');
	return {
		version,
		apiVersion: JSON.parse(readFileSync(api, 'utf8')).version,
		yaml,
		systemMigrations: readdirSync(migrations)
			.filter((file) => SYSTEM_MIGRATION.test(file))
			.map((file) => file.split('-')[0])
			.sort(),
		/** A module's own file, as it was installed. */
		fileOf: (name) => join(dirname(api), 'dist', name),
		flushCaches: modules.cache.flushCaches,
		database: modules['database/index'].default,
		// Directus keeps one pool for good, and its modules take it without asking us; the same one is filled anew.
		async closeConnections() {
			const pool = modules['database/index'].default();
			await pool.destroy();
			pool.initialize();
		},
		isInstalled: modules['database/index'].isInstalled,
		runSeeds: modules['database/seeds/run'].default,
		runMigrations: modules['database/migrations/run'].default,
		logger: modules['logger/index'].useLogger(),
		FieldsService: modules['services/fields'].FieldsService,
		RelationsService: modules['services/relations'].RelationsService,
		UsersService: modules['services/users'].UsersService,
		SettingsService: modules['services/settings'].SettingsService,
		createAdmin: modules['utils/create-admin'].createAdmin,
		getSchema: modules['utils/get-schema'].getSchema,
		getSnapshot: modules['utils/get-snapshot'].getSnapshot,
		getSnapshotDiff: modules['utils/get-snapshot-diff'].getSnapshotDiff,
		applyDiff: modules['utils/apply-diff'].applyDiff,
		isNestedMetaUpdate: modules['utils/apply-diff'].isNestedMetaUpdate,
		applySnapshot: modules['utils/apply-snapshot'].applySnapshot,
		emitter: modules.emitter.default,
		startServer: modules.server.startServer,
	};
}
