// Collections with fields of every type and relations of every kind, the schema as a snapshot, its difference, and its way back.

import { unordered } from '../same.mjs';

const TYPES = [
	'string', 'text', 'integer', 'bigInteger', 'float', 'decimal', 'boolean', 'date', 'time', 'dateTime', 'timestamp', 'json', 'csv', 'uuid',
	'hash', 'binary', 'geometry.Point',
];

export async function schema(speaker) {
	const field = (name, type, rest = {}) => ({ field: name, type, schema: type === 'alias' ? null : {}, meta: {}, ...rest });
	const key = field('id', 'integer', { schema: { is_primary_key: true, has_auto_increment: true } });
	const special = { json: 'cast-json', csv: 'cast-csv', boolean: 'cast-boolean', hash: 'hash', uuid: 'uuid' };
	const meta = (type) => (special[type] ? { special: [special[type]] } : {});
	await speaker.post('/collections', {
		collection: 'talk_stages',
		meta: { note: 'what is talked about', versioning: true, sort_field: 'sort', accountability: 'all' },
		schema: {},
		fields: [key, field('name', 'string'), field('sort', 'integer'), ...TYPES.map((type) => field(`a_${type.replace('.', '_').toLowerCase()}`, type, { meta: meta(type) }))],
	});
	await speaker.post('/collections', { collection: 'talk_rallies', meta: {}, schema: {}, fields: [key, field('name', 'string', { schema: { is_nullable: false } })] });
	await speaker.post('/collections', { collection: 'talk_stages_tags', meta: { hidden: true }, schema: {}, fields: [key, field('stage', 'integer'), field('tag', 'integer')] });
	await speaker.post('/collections', { collection: 'talk_tags', meta: {}, schema: {}, fields: [key, field('word', 'string', { schema: { is_unique: true } })] });
	await speaker.post('/collections', { collection: 'talk_settings', meta: { singleton: true }, schema: {}, fields: [key, field('motto', 'text', { schema: { default_value: 'none' } })] });
	await speaker.post('/collections', { collection: 'talk_folder', meta: { collapse: 'open' }, schema: null });
	await speaker.patch('/collections/talk_tags', { meta: { group: 'talk_folder' } });

	// Many to one with its other side, many to many, many to any, and a file.
	const relation = (collection, name, related, rest = {}) =>
		speaker.post('/relations', { collection, field: name, related_collection: related, schema: { on_delete: 'SET NULL' }, meta: {}, ...rest });
	await speaker.post('/fields/talk_stages', field('rally', 'integer', { meta: { special: ['m2o'] } }));
	await speaker.post('/fields/talk_rallies', field('stages', 'alias', { meta: { special: ['o2m'] } }));
	await relation('talk_stages', 'rally', 'talk_rallies', { meta: { one_field: 'stages', sort_field: 'sort' } });
	await speaker.post('/fields/talk_stages', field('tags', 'alias', { meta: { special: ['m2m'] } }));
	await relation('talk_stages_tags', 'stage', 'talk_stages', { meta: { one_field: 'tags', junction_field: 'tag' }, schema: { on_delete: 'CASCADE' } });
	await relation('talk_stages_tags', 'tag', 'talk_tags', { meta: { junction_field: 'stage' } });
	await speaker.post('/fields/talk_stages_tags', field('item', 'string'));
	await speaker.post('/fields/talk_stages_tags', field('collection', 'string'));
	await relation('talk_stages_tags', 'item', null, { schema: null, meta: { one_collection_field: 'collection', one_allowed_collections: ['talk_rallies', 'talk_tags'] } });
	await speaker.post('/fields/talk_stages', field('photo', 'uuid', { meta: { special: ['file'] } }));
	await relation('talk_stages', 'photo', 'directus_files');
	for (const [name, how, type] of [['user_created', 'user-created', 'uuid'], ['date_created', 'date-created', 'timestamp']]) {
		await speaker.post('/fields/talk_stages', field(name, type, { meta: { special: [how] } }));
	}

	await speaker.patch('/fields/talk_stages/name', { meta: { note: 'as on the road sign', width: 'half' }, schema: { max_length: 120 } });
	await speaker.post('/fields/talk_stages', field('odd name', 'string'), { status: [200, 400] });
	await speaker.get('/collections', { shown: unordered });
	await speaker.get('/fields/talk_stages');
	await speaker.get('/relations', { shown: unordered });
	await speaker.post('/collections', { collection: 'talk_stages', schema: {} }, { status: 400 });
	await speaker.post('/fields/talk_stages', field('x', 'nothing'), { status: 400 });

	const before = await speaker.get('/schema/snapshot');
	await speaker.post('/schema/diff', before, { status: 204 });
	const after = structuredClone(before);
	const name = after.fields.find((each) => each.collection === 'talk_tags' && each.field === 'word');
	name.meta.note = 'changed by a snapshot';
	after.fields.push({ ...structuredClone(name), field: 'colour', schema: { ...name.schema, name: 'colour', is_unique: false }, meta: { ...name.meta, field: 'colour', sort: 9 } });
	const change = await speaker.post('/schema/diff', after);
	await speaker.post('/schema/apply', change, { status: 204 });
	await speaker.post('/schema/diff', after, { status: 204 });
	await speaker.post('/schema/apply', change, { status: 400 });
	// As a file, in YAML (JSON is YAML).
	const form = new FormData();
	form.set('file', new Blob([JSON.stringify(before)], { type: 'text/yaml' }), 'schema.yaml');
	const back = await speaker.post('/schema/diff', form);
	await speaker.post('/schema/apply', back, { status: 204 });
	await speaker.get('/schema/snapshot');
}
