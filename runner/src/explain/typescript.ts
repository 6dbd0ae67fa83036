/** TypeScript's compiler, alone and inside of other tools: `file(line,column): error TS1234: …`. */

import { moduleHint } from './module-hint.ts';
import { byFirstLine, group } from './rule.ts';

const TYPES = 'Run the same command in a clean checkout. The log shows the location of each error before it.';

export const explainTypeScript = byFirstLine([
  {
    when: /\berror TS(?:2307|2732|7016): .*?(?:module|file) '(?<name>[^']+)'/,
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /^tsconfig[\w.-]*\.json\(\d+,\d+\): error TS\d+: /,
    hint: 'TypeScript can’t parse the file. Fix it at the line and column shown.',
  },
  {
    when: /\berror TS(?:18003|5083|5057|6053): /,
    hint: 'TypeScript finds no files. Check "include" and "extends" of tsconfig.json, and that the files are committed.',
  },
  {
    when: /\berror TS2688: .*'(?<name>[^']+)'/,
    hint: (found) => `Add @types/${group(found, 'name')} to the devDependencies, and commit the lockfile.`,
  },
  { when: /\berror TS\d+: /, hint: TYPES },
]);
