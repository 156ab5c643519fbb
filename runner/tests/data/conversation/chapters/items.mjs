// Items: written, read with every kind of parameter, refused, versioned, sorted, commented on, and what was recorded of it.

export async function items(speaker) {
	const rally = await speaker.post('/items/talk_rallies', { name: 'Albania', stages: [{ name: 'Berat', sort: 1 }, { name: 'Vlorë', sort: 2 }] });
	const stage = await speaker.post('/items/talk_stages', {
		name: 'Theth',
		rally: rally.id,
		sort: 3,
		tags: [{ tag: { word: 'gravel' } }, { tag: { word: 'snow' }, item: { name: 'Kosovo' }, collection: 'talk_rallies' }],
		a_string: 'a\'b"c',
		a_text: 'long\ntext',
		a_integer: -7,
		a_biginteger: '9007199254740993',
		a_float: 1.5,
		a_decimal: '12.34',
		a_boolean: true,
		a_date: '2001-02-03',
		a_time: '04:05:06',
		a_datetime: '2001-02-03T04:05:06',
		a_timestamp: '2001-02-03T04:05:06Z',
		a_json: { deep: [1, { two: null }] },
		a_csv: ['a', 'b'],
		a_hash: 'secret',
		a_geometry_point: { type: 'Point', coordinates: [19.77, 42.39] },
	});
	await speaker.post('/items/talk_stages', [{ name: 'one' }, { name: 'two' }]);
	for (const query of [
		'fields=*.*.*&sort=id',
		'fields=name,rally.name,tags.tag.word,tags.item:talk_rallies.name&sort=-name',
		'filter[rally][name][_eq]=Albania&fields=name&sort=sort',
		'filter={"_or":[{"name":{"_icontains":"TH"}},{"a_integer":{"_lt":0}},{"tags":{"_some":{"tag":{"word":{"_in":["snow"]}}}}}]}&fields=id,name',
		'filter[a_timestamp][_between]=2001-01-01,2001-12-31&fields=id',
		'filter[a_geometry_point][_intersects_bbox]={"type":"Polygon","coordinates":[[[19,42],[20,42],[20,43],[19,43],[19,42]]]}&fields=id',
		'filter[year(a_date)][_eq]=2001&fields=id,year(a_date),hour(a_time),count(tags)',
		'search=Berat&fields=name',
		'aggregate[count]=*&aggregate[sum]=sort&groupBy[]=rally&sort=rally',
		'limit=2&offset=1&page=1&meta=*&sort=id&fields=id',
		'alias[title]=name&fields=title&sort=id',
		'deep={"tags":{"_filter":{"tag":{"word":{"_eq":"snow"}}},"_limit":1}}&fields=name,tags.tag.word&sort=id',
		'filter[name][_eq]=$NOW&fields=id',
		'backlink=false&fields=*.*&sort=id&limit=1',
	]) {
		await speaker.get(`/items/talk_stages?${query}`);
	}
	await speaker.ask('SEARCH', '/items/talk_stages', { query: { fields: ['name'], sort: ['name'], filter: { name: { _nnull: true } } } });
	await speaker.get(`/items/talk_stages/${stage.id}?fields=*,tags.*`);
	await speaker.patch(`/items/talk_stages/${stage.id}`, { name: 'Theth and Valbona', tags: { create: [], update: [], delete: [1] } });
	await speaker.patch('/items/talk_stages', [{ id: 1, a_string: 'batch' }, { id: 2, a_string: 'batch too' }]);
	await speaker.patch('/items/talk_stages', { query: { filter: { name: { _eq: 'one' } } }, data: { a_text: 'by query' } });
	await speaker.post('/utils/sort/talk_stages', { item: 1, to: 3 });
	await speaker.get('/items/talk_stages?fields=id,sort&sort=sort,id');
	await speaker.get('/items/talk_settings');
	await speaker.patch('/items/talk_settings', { motto: 'drive' });

	await speaker.post('/items/talk_tags', { word: 'snow' }, { status: 400 });
	await speaker.post('/items/talk_rallies', {}, { status: 400 });
	await speaker.post('/items/talk_rallies', { name: 'x'.repeat(300) }, { status: 400 });
	await speaker.post('/items/talk_stages', { rally: 999 }, { status: 400 });
	await speaker.get('/items/talk_nothing', { status: 403 });
	await speaker.get('/items/talk_stages/77777', { status: 403 });
	await speaker.get('/items/talk_stages?filter={"name":{"_what":1}}', { status: 400 });
	await speaker.get('/items/talk_stages?filter={', { status: 400 });
	await speaker.ask('POST', '/items/talk_stages', new TextEncoder().encode('{'), { status: 400, headers: { 'content-type': 'application/json' } });
	await speaker.get('/no/such/route', { status: 404 });

	const version = await speaker.post('/versions', { collection: 'talk_stages', item: String(stage.id), key: 'draft', name: 'A draft' });
	await speaker.post(`/versions/${version.id}/save`, { name: 'Theth, a draft' });
	await speaker.get(`/items/talk_stages/${stage.id}?version=draft&fields=name`);
	const { mainHash } = await speaker.get(`/versions/${version.id}/compare`);
	await speaker.post(`/versions/${version.id}/promote`, { mainHash, fields: ['name'] });
	const comment = await speaker.post('/comments', { collection: 'talk_stages', item: String(stage.id), comment: 'a **comment**' });
	await speaker.patch(`/comments/${comment.id}`, { comment: 'changed' });
	const [revision] = await speaker.get(`/revisions?filter[collection][_eq]=talk_stages&filter[item][_eq]=${stage.id}&sort=id&limit=1`);
	await speaker.post(`/utils/revert/${revision.id}`, undefined, { status: [200, 204] });
	await speaker.delete('/items/talk_stages/5');
	await speaker.ask('DELETE', '/items/talk_stages', { query: { filter: { name: { _eq: 'one' } } } }, { status: 204 });
	await speaker.get('/revisions?sort=id&limit=-1&fields=id,collection,item,data,delta,parent,version');
	await speaker.get('/activity?sort=id&limit=-1&fields=id,action,collection,item,user,ip');

	for (const [path, body] of [
		['/presets', { collection: 'talk_stages', bookmark: 'mine', layout: 'tabular' }],
		['/translations', { key: 'stage', value: 'Etappe', language: 'de-DE' }],
		['/folders', { name: 'pictures' }],
		['/dashboards', { name: 'board', panels: [{ type: 'label', position_x: 1, position_y: 1, width: 4, height: 4, options: {} }] }],
	]) {
		const { id } = await speaker.post(path, body);
		await speaker.get(`${path}/${id}?fields=*.*`);
	}
	await speaker.patch('/settings', { project_name: 'The talk', default_language: 'de-DE', mcp_enabled: true });
	await speaker.get('/settings');
}
