/** Astro: `12:00:00 [ERROR] [vite] …`, and errors by name. */
import { moduleHint } from './module-hint.ts';
import { byRules, following, group } from './rule.ts';

export const explainAstro = byRules([
  {
    when: /^\[UNRESOLVED_IMPORT\] Could not resolve '(?<name>[^']+)' in (?<from>\S+\.astro)/,
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /\d\d:\d\d:\d\d \[ERROR\] \[build\] Caught error rendering (?<page>\S+): (?<why>.*)/,
    say: (found) => {
      const cause = following(found, /^ {2}(?!at |Stack|Caused|Location)(\S.*)/, 12)?.[1];
      const why = group(found, 'why');
      return `Rendering ${group(found, 'page')} failed: ${why}${cause === undefined || !/fetch failed/.test(why) ? '' : ` (${cause})`}`;
    },
    hint: ({ match }) =>
      /fetch failed/.test(match.input)
        ? 'The page fetches data while it is built, and the host was not reached: builds reach the allowed hosts only, which the owner of the runner can add to.'
        : 'The page is made while building, with the data and variables of the build. The lines below in the log show where it failed.',
  },
  {
    when: /\b(?:NoAdapterInstalled|Cannot use (?:server-rendered pages|`output: 'server'`) without an adapter)/i,
    hint: "Set output: 'static', or add an adapter to astro.config.",
  },
  {
    when: /\b(?:InvalidContentEntry\w*|ContentSchema\w*|MarkdownFrontmatter\w*|ImageNotFound|GetStaticPathsRequired|LocalImageUsedWrongly)\b/,
    hint: 'Correct the entry that the lines below in the log name.',
  },
  {
    when: /\d\d:\d\d:\d\d \[ERROR\] (?!\[vite\] [✗x] Build failed)\S/,
    hint: 'The lines below in the log show the place.',
  },
]);
