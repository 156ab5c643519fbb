export const operations = [{ id: 'talk-bundled', name: 'talk bundled', icon: 'box', overview: () => [], options: [] }];
export const panels = [{ id: 'talk-bundled-panel', name: 'talk bundled panel', icon: 'box', component: {}, options: [], minWidth: 4, minHeight: 4 }];
