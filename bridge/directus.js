// Finds and imports the modules of Directus that the bridge relies on, and checks that each is what we take it for.
// They are Directus' own internals, used through the exports of `@directus/api`; the list holds for the pinned version
// only, which is why a missing one fails here, by name, and not later in the middle of a boot.

import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

// module of `@directus/api` → the functions used of it
const MODULES = {
	cache: ['flushCaches'],
	'database/index': ['default', 'isInstalled'],
	'database/seeds/run': ['default'],
	'database/migrations/run': ['default'],
	'logger/index': ['useLogger'],
	'services/fields': ['FieldsService'],
	'services/relations': ['RelationsService'],
	'services/settings': ['SettingsService'],
	'services/users': ['UsersService'],
	'utils/create-admin': ['createAdmin'],
	'utils/get-schema': ['getSchema'],
	'utils/get-snapshot': ['getSnapshot'],
	'utils/get-snapshot-diff': ['getSnapshotDiff'],
	'utils/apply-diff': ['applyDiff', 'isNestedMetaUpdate'],
	'utils/apply-snapshot': ['applySnapshot'],
	emitter: ['default'],
	server: ['startServer'],
};

// What Directus takes for one of its own migrations (database/migrations/run.js).
const SYSTEM_MIGRATION = /^[0-9]+[A-Z]-[^.]+\.js$/;

/** `root` is the folder that holds Directus: as the image has it, or with Directus below its `node_modules`. */
export async function loadDirectus(root) {
	const requireFrom = (file) => createRequire(pathToFileURL(file));
	const inRoot = requireFrom(join(root, 'package.json'));
	const api = inRoot.resolve('@directus/api/package.json');
	const inApi = requireFrom(api);
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
