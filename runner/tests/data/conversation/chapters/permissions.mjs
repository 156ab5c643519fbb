// Who may do what: roles, policies and permissions of every kind, logins, refreshed and refused, invitations and forgotten passwords by mail,
// shares, and the second factor.

export async function permissions(speaker) {
	const policy = await speaker.post('/policies', {
		name: 'drivers',
		app_access: true,
		admin_access: false,
		permissions: {
			create: [
				{ collection: 'talk_stages', action: 'read', fields: ['id', 'name', 'rally'], permissions: { name: { _neq: 'two' } } },
				{ collection: 'talk_stages', action: 'create', fields: ['*'], validation: { name: { _contains: 'ok' } }, presets: { a_text: 'preset' } },
				{ collection: 'talk_stages', action: 'update', fields: ['name'], permissions: { user_created: { _eq: '$CURRENT_USER' } } },
			],
			update: [],
			delete: [],
		},
	});
	const role = await speaker.post('/roles', { name: 'Driver', policies: { create: [{ policy: policy.id }], update: [], delete: [] } });
	const user = await speaker.post('/users', { email: 'driver@example.com', password: 'a good password', role: role.id, first_name: 'Dr', status: 'active' });
	const token = await speaker.login('driver@example.com', 'a good password');
	const asDriver = { token };
	await speaker.get('/items/talk_stages?sort=id', asDriver);
	await speaker.get('/items/talk_stages?fields=a_text', { ...asDriver, status: 403 });
	await speaker.get('/items/talk_stages?fields=rally.name&sort=id', asDriver);
	await speaker.get('/items/talk_rallies', { ...asDriver, status: 403 });
	const { id } = await speaker.post('/items/talk_stages', { name: 'ok, mine' }, asDriver);
	await speaker.post('/items/talk_stages', { name: 'no' }, { ...asDriver, status: 400 });
	await speaker.patch(`/items/talk_stages/${id}`, { name: 'ok, still mine' }, asDriver);
	await speaker.patch('/items/talk_stages/1', { name: 'not mine' }, { ...asDriver, status: 403 });
	await speaker.patch(`/items/talk_stages/${id}`, { a_text: 'not allowed' }, { ...asDriver, status: 403 });
	await speaker.delete(`/items/talk_stages/${id}`, { ...asDriver, status: 403 });
	await speaker.get(`/items/talk_stages/${id}?fields=name,a_text,user_created`);
	await speaker.get('/permissions/me', asDriver);
	await speaker.get('/policies/me/globals', asDriver);
	await speaker.get(`/permissions/me/talk_stages/${id}`, asDriver);
	await speaker.get('/users/me?fields=email,role.name,policies.policy.name', asDriver);
	await speaker.get('/schema/snapshot', { ...asDriver, status: 403 });
	await speaker.post('/graphql', { query: '{ talk_stages(sort: ["id"]) { id name } }' }, asDriver);
	await speaker.post('/graphql', { query: '{ talk_stages { a_text } }' }, { ...asDriver, status: 400 });
	await speaker.get('/items/talk_stages', { token: null, status: 403 });
	await speaker.get('/items/talk_stages', { token: 'nobody', status: 401 });
	await speaker.get('/permissions?filter[collection][_starts_with]=talk&sort=id');

	await speaker.post('/auth/login', { email: 'driver@example.com', password: 'wrong' }, { token: null, status: 401 });
	await speaker.post('/auth/login', { email: 'driver' }, { token: null, status: 400 });
	const { refresh_token } = await speaker.post('/auth/login', { email: 'driver@example.com', password: 'a good password', mode: 'json' }, { token: null });
	const { refresh_token: next } = await speaker.post('/auth/refresh', { refresh_token, mode: 'json' }, { token: null });
	await speaker.post('/auth/logout', { refresh_token: next, mode: 'json' }, { token: null, status: 204 });
	await speaker.post('/auth/refresh', { refresh_token: next, mode: 'json' }, { token: null, status: 401 });
	await speaker.get('/auth', { token: null });

	await speaker.post('/auth/password/request', { email: 'driver@example.com' }, { token: null, status: [200, 204] });
	const forgotten = await speaker.mail('Password Reset Request');
	await speaker.post('/auth/password/reset', { token: tokenIn(forgotten), password: 'a new password' }, { token: null, status: [200, 204] });
	await speaker.login('driver@example.com', 'a new password');
	await speaker.post('/users/invite', { email: 'guest@example.com', role: role.id }, { status: [200, 204] });
	const invited = await speaker.mail("You've been invited");
	await speaker.post('/users/invite/accept', { token: tokenIn(invited), password: 'a guest password' }, { token: null, status: [200, 204] });
	await speaker.login('guest@example.com', 'a guest password');

	const share = await speaker.post('/shares', { collection: 'talk_stages', item: '1', role: role.id, password: 'share' });
	await speaker.get(`/shares/info/${share.id}`, { token: null });
	await speaker.post('/shares/auth', { share: share.id, password: 'wrong' }, { token: null, status: [401, 403] });
	const { access_token: shared } = await speaker.post('/shares/auth', { share: share.id, password: 'share' }, { token: null });
	await speaker.get('/items/talk_stages/1?fields=id,name', { token: shared });
	await speaker.get('/items/talk_stages/2?fields=id', { token: shared, status: 403 });

	await speaker.post('/users/me/tfa/generate', { password: 'a good password' }, { token, status: 401 });
	await speaker.post('/users/me/tfa/generate', { password: 'a new password' }, { token, shown: ({ data }) => ({ ...data, otpauth_url: data.otpauth_url.replace(data.secret, '') }) });
	await speaker.post('/users/me/tfa/enable', { secret: 'AAAA', otp: '000000' }, { token, status: 400 });
	await speaker.patch(`/users/${user.id}`, { status: 'suspended' });
	await speaker.post('/auth/login', { email: 'driver@example.com', password: 'a new password' }, { token: null, status: 401 });
}

function tokenIn(mail) {
	return mail.match(/token=([\w.-]+)/)[1];
}
