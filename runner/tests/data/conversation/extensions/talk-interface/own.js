export const h = (text) => `<p>${text.value}</p>`;
