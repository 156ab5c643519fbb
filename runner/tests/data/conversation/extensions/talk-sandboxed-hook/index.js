export default ({ filter }) => {
	filter('talk_rallies.items.create', (payload) => (payload.name ? { ...payload, name: `${payload.name} (seen in a sandbox)` } : payload));
};
