// The modules of Directus that the bridge relies on. They are Directus' own internals, used through the exports of `@directus/api`; the list
// holds for the pinned version only, which is why a missing one fails at start, by name, and not later in the middle of a boot.

/** Module of `@directus/api` → the functions used of it. */
export const MODULES = {
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

/** What Directus takes for one of its own migrations (database/migrations/run.js). */
export const SYSTEM_MIGRATION = /^[0-9]+[A-Z]-[^.]+\.js$/;
