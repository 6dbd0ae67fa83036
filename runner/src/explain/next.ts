/** Next.js, with Turbopack and with webpack. */
import { moduleHint } from './module-hint.ts';
import { before, byRules, following, group, withPlaceBefore } from './rule.ts';

/** `./app/page.tsx:1:10`, on a line of its own above the message. */
const PLACE = /^\.{1,2}\/\S+(?::\d+:\d+)?$/;

const SYNTAX = 'The source cannot be read at the place named. Correct it there.';

export const explainNext = byRules([
  {
    when: /^Failed to fetch [`'"]?(?<font>[\w .-]{1,60}?)[`'"]? from Google Fonts/,
    hint: 'next/font/google fetches fonts while building, and builds reach the allowed hosts only. Keep the font in the source with next/font/local, or ask the owner of the runner to allow the hosts of Google Fonts.',
  },
  {
    when: /^(?:Error: )?Module not found: (?:Error: )?Can't resolve '(?<name>[^']+)'/,
    say: (found) => withPlaceBefore(PLACE)(found).replace('Error: Module', 'Module'),
    hint: (found) => moduleHint(group(found, 'name')),
  },
  {
    when: /^Type error: /,
    say: withPlaceBefore(PLACE),
    hint: 'Next.js checks types while it builds. Correct it at the place named; `npx tsc --noEmit` finds all of them.',
  },
  {
    when: /This React Hook only works in a Client Component|needs .{1,60} which only works in a Client Component/,
    say: (found) => {
      const place = before(found, PLACE, 20)?.[0];
      const said = found.match.input.replace(/^Error: {3}x /, '');
      return place === undefined ? said : `${place}: ${said}`;
    },
    hint: 'Put "use client" at the top of that file, or move the part that needs it into a component of its own.',
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
        return 'With output: "export" every page is made while building, without a request: cookies(), headers() and searchParams are not there. Read them in the browser instead.';
      }
      if (/(?:window|document|localStorage|navigator) is not defined/.test(reason)) {
        return 'The page uses the browser while it is made on the server: do that in useEffect, or load the component with dynamic(…, { ssr: false }).';
      }
      if (/fetch failed|ECONNREFUSED|ENOTFOUND/.test(reason)) {
        return 'The page fetches data while it is built, and the host was not reached: builds reach the allowed hosts only, which the owner of the runner can add to.';
      }
      return 'The page is made while building, with the data and variables of the build. The lines below in the log show where it failed.';
    },
  },
  {
    when: /Couldn't find any `pages` or `app` directory/,
    hint: 'Set the root directory of the App to the folder with `app` or `pages`.',
  },
  {
    when: /(?:is missing|missing) (?:exported function |export )?["`]?generateStaticParams/,
    hint: 'With output: "export" every page is made while building: export generateStaticParams from the page named.',
  },
  {
    when: /cannot be used with "?output: ['"]?export/,
    hint: 'A static export has no server. Take the feature named out of the page, or do not set output: "export".',
  },
  {
    when: /`(?:useSearchParams\(\)|usePathname\(\))` should be wrapped in a suspense boundary/,
    hint: 'Wrap the component in <Suspense>, as the page named in the log says.',
  },
  {
    when: /^Invalid next\.config\.|⚠ Invalid next\.config|Invalid .{0,40}next\.config\.[cm]?[jt]s options/,
    hint: 'Correct the option named in next.config; a newer Next.js may have renamed it.',
  },
  {
    when: /^Failed to compile\.?$/,
    say: (found) => following(found, /^(?=\S)(?!\.\/|[>|])(.*\w.*)/, 12)?.[1] ?? found.match.input,
    hint: 'The lines below in the log show the place.',
  },
]);
