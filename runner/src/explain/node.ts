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
    hint: 'The file is loaded as the wrong module type. Rename it to .cjs or .mjs, or change "type" in package.json.',
  },
  {
    when: /ERR_OSSL_EVP_UNSUPPORTED|digital envelope routines::unsupported/,
    hint: 'This webpack version is too old for Node.js 17 and later. Upgrade it, or set the variable NODE_OPTIONS=--openssl-legacy-provider.',
  },
  {
    when: /^SyntaxError: /,
    say: withPlace,
    hint: 'The file can’t be parsed at the location shown. Fix it, or set a newer Node.js version in .nvmrc.',
  },
  {
    when: /Error: (?:EACCES|EROFS): [\w -]+, \w+ '(?<path>[^']+)'/,
    hint: 'Builds can only write to the project folder, their home folder and /tmp. Write there instead.',
  },
  {
    when: COMMON,
    hint: 'The file doesn’t exist. Check its name, which is case-sensitive on Linux, and that it is committed.',
  },
  {
    when: /TypeError: fetch failed/,
    hint: 'A request during the build could not reach its host. Builds can only reach the allowed hosts, and Node.js needs NODE_USE_ENV_PROXY=1 to use the proxy.',
  },
  {
    when: /Error: listen EADDRINUSE/,
    hint: 'The build command starts a server. Use the command that builds and exits, not the one that serves.',
  },
]);
