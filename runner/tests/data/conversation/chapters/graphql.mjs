// GraphQL: queries, mutations and errors, of items and of Directus' own collections, and its schema.

import { unordered } from '../same.mjs';

export async function graphql(speaker) {
	const ask = (path, query, variables, options) => speaker.post(path, { query, variables }, options);
	await ask('/graphql', '{ talk_stages(sort: ["id"], limit: 2) { id name rally { name stages { name } } tags { tag { word } } a_date_func { year } } }');
	await ask('/graphql', 'query ($n: String) { talk_stages(filter: { name: { _contains: $n } }) { name tags_func { count } } }', { n: 'Ber' });
	await ask('/graphql', '{ talk_stages_aggregated(groupBy: ["rally"]) { group count { id } sum { sort } } talk_settings { motto } }');
	await ask('/graphql', 'mutation { create_talk_tags_item(data: { word: "mud" }) { id word } }');
	await ask('/graphql', 'mutation { update_talk_tags_items(ids: [1, 2], data: {}) { id } }');
	await ask('/graphql', 'mutation { delete_talk_tags_item(id: 3) { id } }');
	await ask('/graphql', '{ talk_stages { nothing } }', {}, { status: 400 });
	await ask('/graphql', '{ talk_stages {', {}, { status: 400 });
	await ask('/graphql', '{ talk_stages { id } }', {}, { status: [200, 400], token: null });
	await ask('/graphql/system', '{ users { email role { name } } server_info { project { project_name } } collections { collection } }', {}, { shown: unordered });
	await ask('/graphql/system', 'mutation { create_folders_item(data: { name: "by GraphQL" }) { name } }');
	await ask('/graphql', '{ __schema { types { name kind fields { name type { name kind } args { name } } enumValues { name } } } }', {}, { shown: unordered });
	await ask('/graphql/system', '{ __schema { types { name kind fields { name type { name kind } } } } }', {}, { shown: unordered });
	await speaker.get('/graphql?query={talk_tags{word}}');
	await speaker.get('/server/specs/graphql', { shown: (text) => unordered(String(text).split('\n')) });
	await speaker.get('/server/specs/oas', { shown: unordered });
}
