// Items in and out in every format, directly and as files.

export async function transfer(speaker) {
	const query = 'fields=id,name,a_json,rally.name&sort=id';
	for (const format of ['csv', 'csv_utf8', 'json', 'xml', 'yaml']) await speaker.get(`/items/talk_stages?${query}&export=${format}`);
	await speaker.get('/items/talk_stages?export=nothing', { status: 400 });

	for (const [type, name, text] of [
		['application/json', 'tags.json', JSON.stringify([{ word: 'imported' }, { word: 'imported too' }])],
		['text/csv', 'tags.csv', 'word\nfrom csv\n"quoted, too"\n'],
	]) {
		const form = new FormData();
		form.set('file', new Blob([text], { type }), name);
		await speaker.post('/utils/import/talk_tags', form);
	}
	await speaker.get('/items/talk_tags?sort=id');
	const wrong = new FormData();
	wrong.set('file', new Blob(['x'], { type: 'image/png' }), 'x.png');
	await speaker.post('/utils/import/talk_tags', wrong, { status: [400, 415] });
	const twice = new FormData();
	twice.set('file', new Blob(['[{"word":"imported"}]'], { type: 'application/json' }), 'tags.json');
	await speaker.post('/utils/import/talk_tags', twice, { status: 400 });

	for (const format of ['csv', 'json', 'xml', 'yaml']) {
		await speaker.post('/utils/export/talk_tags', { format, query: { fields: ['word'], sort: ['id'], limit: -1 }, file: { title: `as ${format}` } }, { status: [200, 204] });
		const find = () => speaker.get(`/files?filter[title][_eq]=as ${format}&filter[filesize][_gt]=0`, { quiet: true });
		const [{ id }] = await speaker.until(`the export as ${format}`, async () => {
			const found = await find();
			return found.length > 0 && found;
		});
		await speaker.get(`/assets/${id}`);
		const heard = () => speaker.get(`/notifications?filter[item][_eq]=${id}&limit=1`, { quiet: true });
		await speaker.until(`the notification of ${format}`, async () => (await heard()).length > 0);
	}
}
