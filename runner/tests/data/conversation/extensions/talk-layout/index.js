import { defineLayout } from '@directus/extensions-sdk';

export default defineLayout({ id: 'talk-layout', name: 'talk layout', icon: 'box', component: {}, slots: {}, setup: () => ({}) });
