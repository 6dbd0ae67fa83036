/** TypeScript's compiler, alone and inside of other tools: `file(line,column): error TS1234: …`. */

import { moduleHint } from './module-hint.ts';
import { byFirstLine, group } from './rule.ts';

const TYPES =
  'Run the same command in a clean checkout: the place of each error stands before it in the log.';

export const explainTypeScript = byFirstLine([
  {
    when: /\berror TS(?:2307|2732|7016): .*?(?:module|file) '(?<name>[^']+)'/,
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /^tsconfig[\w.-]*\.json\(\d+,\d+\): error TS\d+: /,
    hint: 'The file is not what TypeScript expects. Correct it at the line and column named.',
  },
  {
    when: /\berror TS(?:18003|5083|5057|6053): /,
    hint: 'TypeScript finds no files: check "include" and "extends" of tsconfig.json, and that what they name is committed.',
  },
  {
    when: /\berror TS2688: .*'(?<name>[^']+)'/,
    hint: (found) => `Add @types/${group(found, 'name')} to the devDependencies, and commit the lockfile.`,
  },
  { when: /\berror TS\d+: /, hint: TYPES },
]);
