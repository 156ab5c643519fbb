export default { template: '<p>a page</p>' };
