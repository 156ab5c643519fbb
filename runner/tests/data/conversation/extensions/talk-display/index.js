export default { id: 'talk-display', name: 'talk display', icon: 'box', component: ({ value }) => value, options: [], types: ['string'] };
