/** Node.js itself: modules that are not there, syntax, files. */
import { moduleHint, siblingHint } from './module-hint.ts';
import { before, byRules, type Found, group } from './rule.ts';

/** `file:///workspace/build.mjs:1`, three lines above an error of syntax. */
const PLACE = /^(?:file:\/\/)?(\/\S+:\d+)$/;

const withPlace = (found: Found): string => {
  const place = before(found, PLACE)?.[1]?.replace(/^\/workspace\//, '');
  return place === undefined ? found.match.input : `${place}: ${found.match.input}`;
};

const COMMON = /\bENOENT: no such file or directory, \w+ '(?<path>[^']+)'/;

/** A package whose `main` is missing: one of a registry has it, one of the workspace gets it by its own build. */
const NO_MAIN =
  /Cannot find module '\/workspace\/(?:[^']{1,200}\/)?node_modules\/(?<name>(?:@[^/']{1,100}\/)?[^/']{1,100})\/(?<file>[^']{1,200})'\. Please verify that the package\.json has a valid "main" entry/;

export const explainNode = byRules([
  {
    when: NO_MAIN,
    say: (found) => `The package ${group(found, 'name')} has no ${group(found, 'file')}, its "main"`,
    hint: (found) => siblingHint(group(found, 'name')),
  },
  {
    when: /Detected unsettled top-level await at/,
    hint: 'The program ended while it waited for something that never came, such as the answer to a question: builds have no input. Pass the answer as an option or a variable.',
  },
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
    when: /connect ECONNREFUSED (?:127\.0\.0\.1|::1):\d{1,5}|request to https?:\/\/(?:localhost|127\.0\.0\.1)\b\S* failed/,
    hint: 'Nothing listens at that address in the build. Let the build command start the server that it asks, set the variable with its address to a host that builds can reach, or read the data from a file.',
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
