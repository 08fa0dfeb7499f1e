// For node --require: an application whose pages (next) were not built serves its API alone.
const Module = require('node:module');

const load = Module._load;
Module._load = function (name, ...others) {
  if (name !== 'next') return load.call(this, name, ...others);
  return () => ({ prepare: async () => {}, getRequestHandler: () => (_, response) => response.status(404).end() });
};
