export default { id: 'talk-sandboxed-operation', handler: ({ text }) => ({ sandboxed: text }) };
