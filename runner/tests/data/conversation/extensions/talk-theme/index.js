export default { id: 'talk-theme', name: 'talk theme', appearance: 'dark', rules: { foreground: '#fff' } };
