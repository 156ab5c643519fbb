export default { id: 'talk-panel', name: 'talk panel', icon: 'box', component: {}, options: [], minWidth: 4, minHeight: 4 };
