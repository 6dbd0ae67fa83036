/** Packages that rely on what a Worker does not have, and what replaces it in them. */
import { readFile } from 'node:fs/promises';

/** By the end of the file's path: what is put after its text. */
const PATCHES = {
  // A Worker makes no code at request time. The format of a log line is compiled to a function: https://github.com/expressjs/morgan#morgancompileformat
  'morgan/index.js': `
compile = module.exports.compile = (format) => (tokens, req, res) =>
  format.replace(/:([-\\w]{2,})(?:\\[([^\\]]+)\\])?/g, (_all, name, argument) =>
    tokens[name](req, res, argument) ?? '-');
`,
  // The files of a Worker have no times: by them, a changed file of the same size would count as the same.
  'send/index.js': `
{
  const { setHeader } = SendStream.prototype;
  SendStream.prototype.setHeader = function (path, stat) {
    this._etag = false;
    this._lastModified = false;
    return setHeader.call(this, path, stat);
  };
}
`,
};

export const patches = {
  name: 'patches',
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/(?:morgan|send)\/index\.js$/ }, async ({ path }) => {
      const name = Object.keys(PATCHES).find((file) => path.endsWith(`/node_modules/${file}`));
      return { contents: `${await readFile(path, 'utf8')}${PATCHES[name] ?? ''}`, loader: 'js' };
    });
  },
};
