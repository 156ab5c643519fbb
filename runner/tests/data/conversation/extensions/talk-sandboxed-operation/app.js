export default { id: 'talk-sandboxed-operation', name: 'talk sandboxed', icon: 'box', overview: () => [], options: [] };
