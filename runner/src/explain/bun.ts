/** Bun: its installer, its runner and its bundler. */
import { byRules, following, group } from './rule.ts';

export const explainBun = byRules([
  {
    when: /^error: lockfile had changes, but lockfile is frozen/,
    say: (found) => {
      const added = following(
        found,
        /^note: dependencies in package\.json changed since \S+ was saved: (.*)/,
        4,
      )?.[1];
      return `bun.lock doesn’t match package.json${added === undefined ? '' : `: ${added}`}`;
    },
    hint: 'Run `bun install` and commit bun.lock together with package.json.',
  },
  {
    when: /^error: GET \S+ - 404/,
    hint: 'The package doesn’t exist, or it is private. Check its name in package.json. For a private package, set its registry and a token in .npmrc or bunfig.toml.',
  },
  {
    when: /^error: No version matching "[^"]*" found/,
    hint: 'That version was never published. Correct it in package.json, run `bun install` and commit both files.',
  },
  {
    when: /^error: Script not found "(?<name>[^"]*)"/,
    hint: (found) =>
      `package.json has no script "${group(found, 'name')}". Add it, or set the build command in the app or in appflux.json.`,
  },
  {
    when: /^error: Could not resolve: "(?<name>[^"]*)"/,
    say: (found) => {
      const place = following(found, /^\s+at (\S+:\d+:\d+)/, 3)?.[1];
      return place === undefined ? found.match.input : `${found.match[0]} (${place})`;
    },
    hint: (found) =>
      /^[./]/.test(group(found, 'name'))
        ? 'The file is not in the source. Check its name, which is case-sensitive on Linux.'
        : `Add ${group(found, 'name')} to the dependencies of package.json.`,
  },
  {
    when: /^error: IntegrityCheckFailed|^error: Integrity check failed/,
    hint: 'A package doesn’t match its hash in bun.lock. Run `bun install` and commit it. If nobody changed it, find out why it differs.',
  },
]);
