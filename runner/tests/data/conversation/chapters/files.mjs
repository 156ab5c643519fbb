// Files: uploaded in three ways, looked into and transformed by sharp, downloaded one by one and as an archive.

import { crc32, deflateSync } from 'node:zlib';

/** A PNG, 48 × 32, with something in it for every transformation. */
export function picture() {
	const [width, height] = [48, 32];
	const rows = Buffer.alloc(height * (1 + width * 3));
	for (let y = 0; y < height; y += 1) {
		for (let x = 0; x < width; x += 1) rows.set([x * 5, y * 8, (x * y) % 256], y * (1 + width * 3) + 1 + x * 3);
	}
	const chunk = (name, content) => {
		const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(name), content, Buffer.alloc(4)]);
		bytes.writeUInt32BE(content.length);
		bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
		return bytes;
	};
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width);
	head.writeUInt32BE(height, 4);
	head.set([8, 2], 8);
	const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

export async function files(speaker) {
	const form = new FormData();
	form.set('title', 'a picture');
	form.set('file', new Blob([picture()], { type: 'image/png' }), 'Bild ä.png');
	const { id } = await speaker.post('/files', form);
	const { id: imported } = await speaker.post('/files/import', { url: `${speaker.elsewhere}/picture.png`, data: { title: 'fetched' } });
	await speaker.post('/files/import', { url: 'http://127.0.0.1:1/none.png', data: {} }, { status: [400, 503] });
	const text = new FormData();
	text.set('file', new Blob(['a;b\n1;2\n'], { type: 'text/csv' }), 'table.csv');
	const { id: table } = await speaker.post('/files', text);

	// In pieces, by the tus protocol.
	const bytes = picture();
	const metadata = Object.entries({ filename_download: 'pieces.png', title: 'in pieces', type: 'image/png' }).map(([key, value]) => `${key} ${btoa(value)}`);
	const tus = { 'tus-resumable': '1.0.0' };
	const { location } = await speaker.post('/files/tus', undefined, {
		status: 201,
		headers: { ...tus, 'upload-length': String(bytes.length), 'upload-metadata': metadata.join(',') },
		quiet: true,
	});
	const upload = new URL(location, speaker.base).pathname;
	for (const [from, to] of [[0, 100], [100, bytes.length]]) {
		const headers = { ...tus, 'upload-offset': String(from), 'content-type': 'application/offset+octet-stream' };
		await speaker.ask('PATCH', upload, bytes.subarray(from, to), { status: 204, headers, quiet: true });
	}

	await speaker.get('/files?sort=title&limit=-1');
	await speaker.get(`/assets/${id}`);
	await speaker.get(`/assets/${id}?download`);
	for (const query of [
		'width=20',
		'width=20&height=20&fit=cover&format=webp&quality=50',
		'width=20&height=20&fit=contain&format=jpg',
		'height=10&format=avif',
		'format=tiff',
		'width=200&withoutEnlargement=true',
		'transforms=[["rotate",90],["blur",2],["grayscale"],["flip"],["tint","rgb(255,0,0)"]]',
		'key=system-small-cover',
	]) {
		await speaker.get(`/assets/${id}?${encodeURI(query)}`);
	}
	await speaker.get(`/assets/${table}?width=20`);
	await speaker.get(`/assets/${id}?transforms=[["toFile","/tmp/x"]]`, { status: 400 });
	await speaker.get(`/assets/${id}?width=x`, { status: 400 });
	await speaker.get(`/assets/${id}`, { status: 403, token: null });
	await speaker.post('/assets/files', { ids: [id, table] }, { shown: (zip) => ({ isArchive: zip.subarray(0, 2).toString() === 'PK' }) });
	await speaker.patch('/settings', { storage_asset_presets: [{ key: 'tiny', fit: 'cover', width: 8, height: 8, quality: 70, format: 'jpeg', transforms: [['sharpen']] }] });
	await speaker.get(`/assets/${id}?key=tiny`);
	await speaker.patch(`/files/${id}`, { tags: ['a', 'b'], focal_point_x: 10, focal_point_y: 5 });
	await speaker.get(`/assets/${id}?width=10&height=30`);
	await speaker.patch('/items/talk_stages/2', { photo: id });
	await speaker.get('/items/talk_stages/2?fields=photo.title,photo.width');
	await speaker.delete(`/files/${imported}`);
}
