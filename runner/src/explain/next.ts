/** Next.js, with Turbopack and with webpack. */
import { moduleHint } from './module-hint.ts';
import { before, byRules, following, group, withPlaceBefore } from './rule.ts';

/** `./app/page.tsx:1:10`, on a line of its own above the message. */
const PLACE = /^\.{1,2}\/\S+(?::\d+:\d+)?$/;

const SYNTAX = 'The code can’t be parsed at the location shown. Fix it.';

export const explainNext = byRules([
  {
    when: /^Failed to fetch [`'"]?(?<font>[\w .-]{1,60}?)[`'"]? from Google Fonts/,
    hint: 'next/font/google downloads fonts during the build, and builds can only reach the allowed hosts. Add the font to the source with next/font/local, or ask the owner of the runner to allow the hosts of Google Fonts.',
  },
  {
    when: /^(?:Error: )?Module not found: (?:Error: )?Can't resolve '(?<name>[^']+)'/,
    say: (found) => withPlaceBefore(PLACE)(found).replace('Error: Module', 'Module'),
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /^Type error: /,
    say: withPlaceBefore(PLACE),
    hint: 'Next.js checks types during the build. Fix the code at the location shown; `npx tsc --noEmit` finds all of them.',
  },
  {
    when: /This React Hook only works in a Client Component|needs .{1,60} which only works in a Client Component/,
    say: (found) => {
      const place = before(found, PLACE, 20)?.[0];
      const message = found.match.input.replace(/^Error: {3}x /, '');
      return place === undefined ? message : `${place}: ${message}`;
    },
    hint: 'Put "use client" at the top of that file, or move the part that needs it into a separate component.',
  },
  {
    when: /^Parsing ecmascript source code failed/,
    say: (found) => {
      const place = before(found, PLACE)?.[0] ?? '';
      const why = following(found, /^(?!\s|[>|]|at )(\S.*)/, 12)?.[1] ?? found.match.input;
      return `${place}: ${why}`;
    },
    hint: SYNTAX,
  },
  {
    when: /^Error: {3}x (?<why>.*)/,
    say: (found) => {
      const drawn = following(found, /^ {0,8}(?:,-|╭─)\[([^\]\s]+)\]/, 8)?.[1];
      return `${drawn ?? before(found, PLACE)?.[0] ?? 'The source'}: ${group(found, 'why')}`;
    },
    hint: SYNTAX,
  },
  {
    when: /^Error occurred prerendering page "(?<page>[^"]*)"/,
    say: (found) => {
      const why = following(found, /^(?:\[?\w*Error\b.*)/, 8)?.[0] ?? 'it threw an error';
      return `Prerendering ${group(found, 'page')} failed: ${why}`;
    },
    hint: ({ lines, index }) => {
      const reason = lines.slice(index + 1, index + 9).join('\n');
      if (/couldn't be rendered statically/.test(reason)) {
        return 'With output: "export" every page is rendered during the build, without a request: cookies(), headers() and searchParams are unavailable. Read them in the browser instead.';
      }
      if (/(?:window|document|localStorage|navigator) is not defined/.test(reason)) {
        return 'The page uses browser APIs while it is rendered on the server. Use them in useEffect, or load the component with dynamic(…, { ssr: false }).';
      }
      if (/fetch failed|ECONNREFUSED|ENOTFOUND/.test(reason)) {
        return 'The page fetches data during the build, and the host could not be reached. Builds can only reach the allowed hosts; the owner of the runner can add more.';
      }
      return 'The page is rendered during the build, with the data and variables of the build. The following log lines show where it failed.';
    },
  },
  {
    when: /Couldn't find any `pages` or `app` directory/,
    hint: 'Set the root directory of the app to the folder with `app` or `pages`.',
  },
  {
    when: /(?:is missing|missing) (?:exported function |export )?["`]?generateStaticParams/,
    hint: 'With output: "export" every page is rendered during the build. Export generateStaticParams from the page shown.',
  },
  {
    when: /cannot be used with "?output: ['"]?export/,
    hint: 'A static export has no server. Remove the reported feature from the page, or don’t set output: "export".',
  },
  {
    when: /`(?:useSearchParams\(\)|usePathname\(\))` should be wrapped in a suspense boundary/,
    hint: 'Wrap the component in <Suspense>, as the page linked in the log describes.',
  },
  {
    when: /^Invalid next\.config\.|⚠ Invalid next\.config|Invalid .{0,40}next\.config\.[cm]?[jt]s options/,
    hint: 'Fix the reported option in next.config. A newer Next.js may have renamed it.',
  },
  {
    when: /^Failed to compile\.?$/,
    say: (found) => following(found, /^(?=\S)(?!\.\/|[>|])(.*\w.*)/, 12)?.[1] ?? found.match.input,
    hint: 'The following log lines show the location.',
  },
]);
