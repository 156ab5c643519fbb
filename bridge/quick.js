// Directus' own apply with less repetition. Directus reads the whole schema back after every new and every dropped field, and unpacks
// the columns of all tables for every changed one: quadratic in the size of the schema, 166 s and 1.3 GB for a field in each of 300
// collections. Here each is read once. Everything that is done to the database is still done by Directus' own services.
//
// 1. It is done with a Directus whose files are known, and while nobody listens; otherwise `objection` says why not, and Directus'
//    own apply runs.
// 2. Dropped fields are moved behind changed ones only where neither can see the other (`parts`).
// 3. The proof is Directus' own diff afterwards, which takes no shortcut.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

// What `parts` and `remembering` rely on, file by file: the SHA-256 of each version that was read and compared with
// (runner/tests/it/quick.rs). A new Directus runs its own apply until its hashes are added.
const KNOWN = {
	'services/collections.js': ['b41a5f0f7dc494f71507e4c2b6424d323e82fde986c80f4c5072768d3a9294ae'], // 11.17.4
	'services/fields.js': ['b6e28b8df7114cfd6c8454a38a237891732e6110bbe74c91a3ed19e43814c28e'], // 11.17.4
	'services/items.js': ['a80fe763cc85f3e96510bb0d75ba29f15772b33574d678f3c9495367bb60e67c'], // 11.17.4
	'services/relations.js': ['b0717b7690394268e65f365b5721c05e2e54bd18d0f4655e3fb35b44c315ad6c'], // 11.17.4
	'utils/apply-diff.js': ['b3a2efc52ca68e648248cebc713a63297be03bafeee2cf170b0544eacfc8ec88'], // 11.17.4
	'utils/apply-snapshot.js': ['76bfead973160b9c0fec5bf05ac0d917a8c49d7c982ddb9de80ca8634ade28ae'], // 11.17.4
	'utils/get-schema.js': ['3e87a7a08fc6d48a7676847000edb5988fa8ed7deb812e3c7caf86731d92b780'], // 11.17.4
	'utils/get-snapshot-diff.js': ['962c164cbed1d2ed7e58832f98f090e0d812d5f3fbb9d745f094d9ae0066a837'], // 11.17.4
};

// What an apply tells listeners.
const EVENTS = ['collections', 'fields', 'relations'].flatMap((what) => ['create', 'update', 'delete'].map((done) => `${what}.${done}`));

/** Why Directus' own apply has to run; `null` if nothing speaks against this one. */
export function objection({ emitter, fileOf }) {
	if (process.env.RUNNER_QUICK_APPLY === 'off') return 'RUNNER_QUICK_APPLY is off';
	// Without its cache Directus reads columns again and again, and might find them changed; with it, it keeps its first answer as we do.
	if ((process.env.CACHE_SCHEMA || 'true') !== 'true') return 'CACHE_SCHEMA is set';
	for (const [name, hashes] of Object.entries(KNOWN)) {
		const hash = createHash('sha256').update(readFileSync(fileOf(name))).digest('hex');
		if (!hashes.includes(hash)) return `this version of Directus' ${name} is not known`;
	}
	const heard = (events) => events.listenersAny().length > 0 || EVENTS.some((event) => events.listeners(event).length > 0);
	// Directus tells of an apply once it is committed; here parts of it would be told of before.
	if (heard(emitter.filterEmitter) || heard(emitter.actionEmitter)) return 'an extension listens to changes of the schema';
	return null;
}

/** Performs `plan.diff`, in one transaction. */
export async function applyQuickly(directus, plan) {
	const { current, schema, diff } = plan;
	const database = directus.database();
	const { first, dropped, created, last } = parts(directus, plan);
	await remembering(directus, async () => {
		// Nothing to shorten but the reading of columns: Directus' own order, its own transaction.
		if (dropped.length + created.length === 0) return directus.applyDiff(current, diff, { database, schema });
		return database.transaction(async (trx) => {
			let now = schema;
			if (some(first)) {
				await directus.applyDiff(current, first, { database: trx, schema });
				now = await directus.getSchema({ database: trx, bypassCache: true });
			}
			const fields = new directus.FieldsService({ knex: trx, schema: now });
			for (const { collection, field } of dropped) {
				await named(directus, 'delete', collection, field, () => fields.deleteField(collection, field, quietly()));
				delete now.collections[collection].fields[field];
			}
			for (const { collection, field, diff: [{ rhs }] } of created) {
				await named(directus, 'create', collection, field, () => fields.createField(collection, rhs, undefined, quietly()));
			}
			if (some(last)) await directus.applyDiff(current, last, { database: trx, schema: now });
		});
	});
	await directus.flushCaches();
}

/** As Directus calls its services while applying; what it collects for listeners is for nobody. */
const quietly = () => ({ autoPurgeSystemCache: false, bypassEmitAction() {}, bypassLimits: true });

const some = (diff) => Object.values(diff).some((each) => each.length > 0);

/** Names the field in Directus' log, in Directus' words. */
async function named({ logger }, what, collection, field, work) {
	try {
		await work();
	} catch (error) {
		logger.error(`Failed to ${what} field "${collection}.${field}"`);
		throw error;
	}
}

/**
 * Directus' order is: collections; changed, dropped and new fields, as they are listed; system fields; relations. Taken out of it are
 *
 * - the new fields at the end of the list. Directus reads the schema after each for the next one, which asks it only whether *it* is there;
 * - dropped fields that leave nothing behind in what Directus changes before them: those in no relation, that nothing is grouped under,
 *   while no collection lists fields to duplicate. What a drop then reads of the schema is whether the field has a column.
 *
 * Everything else is done by Directus itself, in its order: `first` and `last`.
 */
function parts({ isNestedMetaUpdate }, { wanted, current, schema, diff }) {
	const does = (kind) => ({ diff: [edit] }) => edit.kind === kind && !isNestedMetaUpdate(edit);
	const [isNew, isDropped] = [does('N'), does('D')];
	const made = new Set(diff.collections.filter(({ diff: [edit] }) => edit.kind === 'N').map(({ collection }) => collection));
	const isThere = ({ collection }) => !made.has(collection) && schema.collections[collection] !== undefined;

	const key = (collection, field) => JSON.stringify([collection, field]);
	const related = schema.relations.flatMap(({ collection, field, related_collection, meta }) => [
		key(collection, field),
		key(related_collection, meta?.one_field),
	]);
	const groups = wanted.fields.filter(({ meta }) => meta?.group).map(({ collection, meta }) => key(collection, meta.group));
	const needed = new Set([...related, ...groups]);
	const duplicates = [...current.collections, ...wanted.collections].some(({ meta }) => meta?.item_duplication_fields);
	const goesAlone = (each) => isDropped(each) && isThere(each) && !duplicates && !needed.has(key(each.collection, each.field));

	const end = diff.fields.findLastIndex((each) => !isNew(each)) + 1;
	const [listed, added] = [diff.fields.slice(0, end), diff.fields.slice(end)];
	const goes = new Set(listed.filter(isDropped).map(({ collection, field }) => key(collection, field)));
	return {
		first: {
			collections: diff.collections,
			fields: [...listed.filter((each) => !goesAlone(each)), ...added.filter((each) => !isThere(each))],
			systemFields: [],
			relations: [],
		},
		dropped: listed.filter(goesAlone),
		created: added.filter(isThere),
		last: {
			collections: [],
			fields: [],
			systemFields: diff.systemFields,
			// A relation goes with its dropped field, unless it is new (`applyDiff`).
			relations: diff.relations.filter((each) => !goes.has(key(each.collection, each.field)) || each.diff.some(({ kind }) => kind === 'N')),
		},
	};
}

/**
 * Runs `work` with columns and foreign keys as they were before it. So does Directus: its cache was filled when the plan was made and is
 * emptied at the end of the apply; but it holds all of them packed in one piece, which is unpacked for every question.
 */
async function remembering({ database, FieldsService, RelationsService }, work) {
	const { columnInfo } = FieldsService.prototype;
	const { foreignKeys } = RelationsService.prototype;
	const options = { knex: database(), schema: null };
	const columns = await new FieldsService(options).columnInfo();
	const keys = await new RelationsService(options).foreignKeys();
	const [columnsOf, keysOf] = [columns, keys].map((all) => Map.groupBy(all, ({ table }) => table));
	FieldsService.prototype.columnInfo = async function (collection, field) {
		const found = collection ? (columnsOf.get(collection) ?? []) : columns;
		return field ? found.find(({ name }) => name === field) : found;
	};
	RelationsService.prototype.foreignKeys = async function (collection) {
		return collection ? (keysOf.get(collection) ?? []) : keys;
	};
	try {
		return await work();
	} finally {
		FieldsService.prototype.columnInfo = columnInfo;
		RelationsService.prototype.foreignKeys = foreignKeys;
	}
}
