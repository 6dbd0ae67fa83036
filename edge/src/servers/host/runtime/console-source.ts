/**
 * What runs in a server before its own code so that its log says more: the platform hands over what `console` was given as
 * JSON, in which errors have no stack and most objects are empty. It runs with the server's own rights, and a server may undo it.
 */

/** More of a line is never looked at (mask.ts), and all lines of a request share 256 KB. */
const MOST_CHARACTERS = 65_600;

/** Source of a part of the prelude. Without `node:util`, which needs nodejs_compat, only errors become texts. */
export const CONSOLE_SOURCE = `
{
  const util = globalThis.process?.getBuiltinModule?.('node:util');
  const options = { depth: 4, maxArrayLength: 100, maxStringLength: ${MOST_CHARACTERS}, breakLength: 120 };
  const errorText = (error, depth = 0) => {
    try {
      const text = typeof error.stack === 'string' ? error.stack : String(error);
      return error.cause instanceof Error && depth < 4 ? text + '\\ncaused by ' + errorText(error.cause, depth + 1) : text;
    } catch {
      return '[error]';
    }
  };
  // Loops rather than methods of arrays: a server may have replaced those.
  const textOf = (values) => {
    const texts = [];
    for (let n = 0; n < values.length; n += 1) texts[n] = values[n] instanceof Error ? errorText(values[n]) : values[n];
    if (util === undefined) return texts;
    let whole = '';
    if (typeof values[0] === 'string') whole = util.formatWithOptions(options, ...texts);
    else for (let n = 0; n < texts.length; n += 1) whole += (n === 0 ? '' : ' ') + (typeof texts[n] === 'string' ? texts[n] : util.inspect(texts[n], options));
    return [whole.slice(0, ${MOST_CHARACTERS})];
  };
  for (const level of ['debug', 'error', 'info', 'log', 'warn']) {
    const original = console[level].bind(console);
    console[level] = (...values) => {
      let texts = values;
      try {
        texts = textOf(values);
      } catch {
        // An object that can't be looked at: the platform does what it can.
      }
      original(...texts);
    };
  }
}
`;
