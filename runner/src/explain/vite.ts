/** Vite, Rolldown, Rollup and esbuild, alone and inside of frameworks. */
import { moduleHint, siblingHint } from './module-hint.ts';
import { byRules, following, group, withPlaceAfter } from './rule.ts';

/** Rolldown draws the place below the error. */
const DRAWN = /[╭┌]─\[ (\S+:\d+:\d+) \]/;

const SYNTAX = 'The code can’t be parsed at the location shown. Fix it; the following log lines show it.';

export const explainVite = byRules([
  {
    when: /Failed to resolve entry for package "(?<name>[^"]+)"/,
    say: ({ match }) => match[0],
    hint: (found) => siblingHint(group(found, 'name')),
  },
  {
    when: /failed to resolve import "(?<name>[^"]+)" from "(?<from>[^"]+)"/i,
    say: (found) => `Cannot resolve "${group(found, 'name')}" from ${group(found, 'from')}`,
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /\[UNRESOLVED_IMPORT\](?! Warning)(?: Error:)? *Could not resolve '(?<name>[^']+)' in \S+/,
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /\bCannot find package '(?<name>[^']+)' imported from \S*(?:vite|rollup|astro|svelte)\.config/,
    say: (found) => `The configuration imports "${group(found, 'name')}", which is not installed`,
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /\[UNRESOLVED_ENTRY\]|Could not resolve entry module/i,
    hint: 'The entry page doesn’t exist. Set the root directory to the folder with index.html, or set the entry in the Vite configuration.',
  },
  {
    when: /"[^"]+" is not exported by "[^"]+"/,
    say: ({ match }) => match.input.replace(/^.*?RollupError: /, ''),
    hint: 'Check the imported name and the package version. The export may have been renamed, or be the default export.',
  },
  {
    when: /^Could not resolve "(?<name>[^"]+)" from "[^"]+"/,
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /^[✘X] \[ERROR\] Could not resolve "(?<name>[^"]+)"/,
    say: withPlaceAfter(/^\s+(\S+:\d+:\d+):/),
    hint: (found) => moduleHint(group(found, 'name')),
  },
  { when: /^[✘X] \[ERROR\] (?!\[)\S/, say: withPlaceAfter(/^\s+(\S+:\d+:\d+):/), hint: SYNTAX },
  {
    when: /^\[(?:builtin:[\w-]{1,40}|PARSE_ERROR)\](?: Error:)? (?!Warning)/,
    say: withPlaceAfter(DRAWN),
    hint: SYNTAX,
  },
  {
    when: /Preprocessor dependency "(?<name>[^"]{1,100})" not found/,
    hint: (found) =>
      `Add ${group(found, 'name')} to the devDependencies of package.json and commit the lockfile.`,
  },
  {
    when: /use `tailwindcss` directly as a PostCSS plugin/,
    hint: 'Since Tailwind CSS 4, its plugins are separate packages. Use @tailwindcss/vite, or @tailwindcss/postcss in the PostCSS configuration, and `@import "tailwindcss"` in the style sheet.',
  },
  {
    // esbuild within Vite 5 to 7 lists its errors below
    when: /^\[vite[\w:-]*\] (?:\[plugin [\w:-]{1,80}\] )?Transform failed with \d+ errors?:$/,
    say: (found) => following(found, /^\S+:\d+:\d+: ERROR: .*/, 3)?.[0] ?? found.match.input,
    hint: SYNTAX,
  },
  {
    when: /^\[vite[\w:-]*\] |^\[plugin [\w:-]+\] /,
    say: (found) => {
      const why = following(found, /^(?:\w*Error: )(\S.*)/, 2)?.[1];
      return why === undefined || found.match.input.includes(why)
        ? found.match.input
        : `${found.match.input}: ${why.replace(/^\[plugin \S{1,80}\] \S{1,300} \(\d+:\d+\): /, '')}`;
    },
    hint: 'A Vite plugin failed at the location shown; the following log lines say more.',
  },
  // Rolldown names what went wrong in capitals; with "Warning" after it, it goes on.
  {
    when: /^\[(?!INFO|WARN|DEBUG|SUCCESS)[A-Z][A-Z_]{3,40}\](?! Warning)(?: Error:)? \S/,
    say: withPlaceAfter(DRAWN),
    hint: 'The following log lines show the location.',
  },
  {
    when: /RollupError: /,
    hint: 'The following log lines show the location.',
  },
  {
    when: /^failed to load config from /,
    say: ({ lines, index, match }) =>
      lines.slice(index + 1, index + 6).find((line) => /^\w*Error\b.*: /.test(line)) ?? match.input,
    hint: 'The Vite configuration could not be loaded. Run the build in a clean checkout, and check its imports.',
  },
]);
