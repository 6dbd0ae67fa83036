/** Node.js itself: modules that are not there, syntax, files. */
import { moduleHint } from './module-hint.ts';
import { before, byRules, type Found, group } from './rule.ts';

/** `file:///workspace/build.mjs:1`, three lines above an error of syntax. */
const PLACE = /^(?:file:\/\/)?(\/\S+:\d+)$/;

const withPlace = (found: Found): string => {
  const place = before(found, PLACE)?.[1]?.replace(/^\/workspace\//, '');
  return place === undefined ? found.match.input : `${place}: ${found.match.input}`;
};

const COMMON = /\bENOENT: no such file or directory, \w+ '(?<path>[^']+)'/;

export const explainNode = byRules([
  {
    when: /Cannot find (?:module|package) '(?<name>[^']+)'/,
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /(?:require is not defined in ES module scope|Cannot use import statement outside a module|exports is not defined in ES module scope)/,
    say: withPlace,
    hint: 'The file is read as the other kind of module: call it .cjs or .mjs, or change "type" in package.json.',
  },
  {
    when: /ERR_OSSL_EVP_UNSUPPORTED|digital envelope routines::unsupported/,
    hint: 'This version of webpack is too old for Node.js 17 and later: raise it, or set NODE_OPTIONS=--openssl-legacy-provider in the variables.',
  },
  {
    when: /^SyntaxError: /,
    say: withPlace,
    hint: 'The file cannot be read at the place named: correct it, or name a newer Node.js in .nvmrc.',
  },
  {
    when: /Error: (?:EACCES|EROFS): [\w -]+, \w+ '(?<path>[^']+)'/,
    hint: 'A build may write to its own folder, to its home and to /tmp only. Let it write there.',
  },
  {
    when: COMMON,
    hint: 'The file is not there. Check its name, capitals included (on Linux they count), and that it is committed.',
  },
  {
    when: /TypeError: fetch failed/,
    hint: 'The build fetches something, and the host was not reached: builds reach the allowed hosts only, and Node.js needs NODE_USE_ENV_PROXY=1 to go through the proxy.',
  },
  {
    when: /Error: listen EADDRINUSE/,
    hint: 'The build command starts a server twice. A build ends by itself: use the command that builds, not the one that serves.',
  },
]);
