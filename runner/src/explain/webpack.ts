/** webpack: `ERROR in ./src/index.js 1:0-26`, and the reason below it; Create React App, which runs it. */
import { moduleHint } from './module-hint.ts';
import { before, byRules, type Found, group } from './rule.ts';

const HEAD = /^ERROR in (\.\/\S+(?: \d+:\d+)?)/;
/** Next.js heads the same message with the file alone. */
const FILE = /^(\.{1,2}\/\S+)$/;

function withPlace(found: Found): string {
  const place = (before(found, HEAD, 2) ?? before(found, FILE, 2))?.[1];
  const message = found.match.input.replace('Module not found: Error: ', 'Module not found: ');
  return place === undefined ? message : `${place}: ${message}`;
}

export const explainWebpack = byRules([
  {
    when: /^Module not found: Error: Can't resolve '(?<name>[^']+)'/,
    say: withPlace,
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /^Module parse failed: /,
    say: withPlace,
    hint: 'The file can’t be parsed at the location shown: its syntax is wrong, or webpack has no loader for this file type.',
  },
  {
    when: /Treating warnings as errors because process\.env\.CI = true/,
    hint: 'Fix the warnings in the log, or set the variable CI to false in the app, so that they don’t fail the build.',
  },
  {
    // vue-loader
    when: /^VueCompilerError: (?<why>\S.*)/,
    say: (found) => {
      const place = /^at (\S+:\d+:\d+)$/.exec(found.lines[found.index + 1] ?? '')?.[1];
      return place === undefined ? group(found, 'why') : `${place}: ${group(found, 'why')}`;
    },
    hint: 'Fix the template at the location shown.',
  },
  {
    when: /^Module build failed \(from /,
    say: (found) => withPlace(found).replace(/ \(from [^)]{1,300}\)/, ''),
    hint: 'A webpack loader failed on the file; the following log lines say why.',
  },
]);
