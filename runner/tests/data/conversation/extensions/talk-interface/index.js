import { defineInterface } from '@directus/extensions-sdk';
import { ref } from 'vue';
import { h } from './own.js';

export default defineInterface({ id: 'talk-interface', name: 'talk interface', icon: 'box', component: { setup: () => () => h(ref('x')) }, types: ['string'], options: [] });
