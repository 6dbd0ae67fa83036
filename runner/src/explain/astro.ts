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
        ? 'The page fetches data during the build, and the host could not be reached. Builds can only reach the allowed hosts; the owner of the runner can add more.'
        : 'The page is rendered during the build, with the data and variables of the build. The following log lines show where it failed.',
  },
  {
    when: /\b(?:NoAdapterInstalled|Cannot use (?:server-rendered pages|`output: 'server'`) without an adapter)/i,
    hint: "Set output: 'static', or add an adapter to astro.config.",
  },
  {
    when: /\b(?:InvalidContentEntry\w*|ContentSchema\w*|MarkdownFrontmatter\w*|ImageNotFound|GetStaticPathsRequired|LocalImageUsedWrongly)\b/,
    hint: 'Fix the entry that the following log lines name.',
  },
  {
    when: /^\s{1,4}Location:$/,
    say: ({ lines, index, match }) => {
      const place = lines[index + 1]?.trim() ?? '';
      return /^\S+:\d+:\d+$/.test(place) ? `${lines[index - 1] ?? ''} (${place})` : match.input;
    },
    hint: 'Fix the code at the location shown.',
  },
  {
    when: /\d\d:\d\d:\d\d \[ERROR\] (?!\[vite\] [✗x] Build failed)\S/,
    hint: 'The following log lines show the location.',
  },
]);
