export default { id: 'talk-hybrid', name: 'talk operation', icon: 'box', overview: () => [], options: [] };
