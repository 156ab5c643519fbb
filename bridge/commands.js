// What the bridge can be asked to do. Each command does one thing with Directus and returns what it found, as plain data;
// whether that is good enough is decided by the other end, which proves every outcome.

import { readFileSync } from 'node:fs';
import { applyQuickly, objection } from './quick.js';

// The plan that `apply` performs is the very one that `plan` returned: nobody else can change what was looked at (D7).
let planned = null;

export const commands = { install, plan, apply, verify, snapshot, settle, start };

/** Directus' own tables, its pending system migrations and, on a first install, the first administrator. */
async function install(directus) {
	const database = directus.database();
	const first = !(await directus.isInstalled());
	// Directus would find out after the whole install. The check is its own: which ends of a domain there are, only it knows.
	if (first) {
		try {
			directus.UsersService.prototype.validateEmail(process.env.ADMIN_EMAIL);
		} catch (error) {
			throw new Error(`Directus does not accept ADMIN_EMAIL: ${error.message}`);
		}
	}
	if (first) await directus.runSeeds(database);
	await directus.runMigrations(database, 'latest');
	// A first install that died half-way left tables but nobody who could log in (D10); Directus would never repair that.
	const { count } = await database('directus_users').count({ count: '*' }).first();
	const admin = Number(count) === 0;
	if (admin) {
		const schema = await directus.getSchema({ database, bypassCache: true });
		const role = await adminRole(database);
		if (role === null) await directus.createAdmin(schema);
		else await new directus.UsersService({ schema }).createOne({ ...firstUser(), role });
		if (process.env.PROJECT_NAME) {
			await new directus.SettingsService({ schema }).upsertSingleton({ project_name: process.env.PROJECT_NAME });
		}
	}
	return { first, admin };
}

/**
 * Directus makes role, policy, their link and the user one after the other, in no transaction: a boot that is killed in between leaves
 * some of them. What hangs together is used; the rest, as Directus makes it and linked to nothing, goes.
 */
async function adminRole(database) {
	const made = { name: 'Administrator', description: '$t:admin_description' };
	const linked = (column) => database('directus_access').select(column).whereNotNull(column);
	await database('directus_policies').where({ ...made, admin_access: true }).whereNotIn('id', linked('policy')).del();
	await database('directus_roles').where(made).whereNotIn('id', linked('role')).del();
	const found = await database('directus_access')
		.join('directus_policies', 'directus_policies.id', 'directus_access.policy')
		.join('directus_roles', 'directus_roles.id', 'directus_access.role')
		.where('directus_policies.admin_access', true)
		.first('directus_access.role');
	return found?.role ?? null;
}

/** As Directus' own first user. */
function firstUser() {
	return {
		status: 'active',
		first_name: 'Admin',
		last_name: 'User',
		email: process.env.ADMIN_EMAIL,
		password: process.env.ADMIN_PASSWORD,
		token: process.env.ADMIN_TOKEN || null,
	};
}

/** What would have to change for the database to be what the file says: Directus' own structured diff. */
async function plan(directus, { path, outline, keep }) {
	const wanted = directus.yaml.load(readFileSync(path, 'utf8'), { filename: path });
	await directus.flushCaches(true);
	const schema = await directus.getSchema({ database: directus.database(), bypassCache: true });
	const current = await directus.getSnapshot({ schema });
	leaveAlone(current, wanted, keep);
	const diff = directus.getSnapshotDiff(current, wanted);
	planned = { wanted, current, schema, diff };
	return { diff: outline ? withoutContents(diff) : diff };
}

/**
 * An index or a key that somebody made by hand on a managed column: Directus would take it for its own and drop it, or fail at a name
 * that it does not have (D42). It stays: of these fields the snapshot wants what is there.
 */
function leaveAlone(current, wanted, keep = []) {
	const find = (snapshot, [collection, field]) =>
		snapshot.fields?.find((each) => each.collection === collection && each.field === field)?.schema;
	for (const name of keep) {
		const [is, wants] = [find(current, name), find(wanted, name)];
		if (!is || !wants) continue;
		wants.is_indexed ||= is.is_indexed;
		wants.is_unique ||= is.is_unique;
	}
}

/** The same differences, and of what is new its name alone: where no row can be at stake, a large schema need not be told. */
function withoutContents(diff) {
	const nameAlone = (edit) => (edit.kind === 'N' && edit.path === undefined ? { kind: 'N', rhs: {} } : edit);
	const sections = Object.entries(diff).map(([name, items]) => [name, items.map((item) => ({ ...item, diff: item.diff.map(nameAlone) }))]);
	return Object.fromEntries(sections);
}

/** The schema as the database has it now. Directus caches columns, in memory or in Redis, and SQL changes them behind its back. */
async function liveSchema(directus) {
	await directus.flushCaches(true);
	return directus.getSnapshot();
}

/** Performs the plan, in one transaction (D9); `own` is why that was Directus' own way, if it was. */
async function apply(directus) {
	if (planned === null) throw new Error('`apply` without a `plan`');
	const plan = planned;
	planned = null;
	const own = objection(directus);
	if (own === null) await applyQuickly(directus, plan);
	else await directus.applySnapshot(plan.wanted, { current: plan.current, diff: plan.diff, database: directus.database() });
	return { own };
}

/** The diff once more: anything in it was not done, whatever Directus logged (D2). */
async function verify(directus, { path, keep }) {
	const wanted = directus.yaml.load(readFileSync(path, 'utf8'), { filename: path });
	const current = await liveSchema(directus);
	leaveAlone(current, wanted, keep);
	return { diff: directus.getSnapshotDiff(current, wanted) };
}

/** The live schema, as `directus schema snapshot` would write it. */
async function snapshot(directus) {
	return { snapshot: await liveSchema(directus) };
}

/**
 * Ends the work, while the lock is still held: its next holder ends whatever carries the work's name. Connections that were made for
 * the work are closed; new ones take the other name (D27).
 */
async function settle(directus, { name }) {
	process.env.PGAPPNAME = name;
	await directus.closeConnections();
}

/** Serves, under that name too. Returns once the server listens, with its address. */
async function start(directus, { name }) {
	await settle(directus, { name });
	const listening = new Promise((resolve) => {
		directus.emitter.onAction('server.start', ({ server }) => resolve(server.address()));
	});
	await directus.startServer();
	return { address: await listening };
}
