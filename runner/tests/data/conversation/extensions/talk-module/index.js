// A part of its own, so that the bundle has more than one file.
export default { id: 'talk-module', name: 'talk module', icon: 'box', routes: [{ path: '', component: () => import('./page.js') }] };
