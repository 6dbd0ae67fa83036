/** Yarn: version 1 ("classic"), and version 2 and later ("berry"), whose errors have codes, YN0000. */
import { byRules, following, group } from './rule.ts';

const LOCKFILE = 'Run `yarn install` and commit yarn.lock together with package.json.';
const PRIVATE =
  'There is no such package, or it is private. Check its name in package.json; for a private one name its registry and a token in';

export const explainYarnClassic = byRules([
  {
    when: /^error This project's package\.json defines "packageManager"/,
    hint: 'Keep to one package manager: its name and version in "packageManager" of package.json, and its lockfile alone.',
  },
  { when: /^error Your lockfile needs to be updated/, hint: LOCKFILE },
  { when: /^error Couldn't find package "[^"]*"/, hint: `${PRIVATE} .npmrc.` },
  {
    when: /^error Couldn't find any versions for /,
    hint: 'That version was never published. Correct it in package.json, run `yarn install` and commit both files.',
  },
  {
    when: /^error \S+: The engine "node" is incompatible/,
    hint: 'Name the Node.js version in .nvmrc, or in "engines" of package.json; or take a version of the package that fits.',
  },
  {
    when: /^error Command "(?<name>[^"]*)" not found/,
    hint: (found) =>
      `package.json has no script and no package has a program "${group(found, 'name')}". Add it, or set the build command in the App or in appflux.json.`,
  },
  {
    when: /^error .*: Integrity check failed/,
    hint: 'A package is not what yarn.lock says. Run `yarn install --update-checksums` and commit it; if you did not change it, find out who did.',
  },
]);

export const explainYarnBerry = byRules([
  {
    when: /YN0028: .*/,
    say: ({ lines }) => {
      const added = lines.find((line) => /YN0085: │ \+ /.test(line));
      return `yarn.lock does not fit package.json${added === undefined ? '' : `: missing ${added.slice(added.indexOf('+') + 2)}`}`;
    },
    hint: LOCKFILE,
  },
  { when: /YN0035: │ .*: Package not found/, hint: `${PRIVATE} .yarnrc.yml.` },
  {
    when: /YN0082: │ .*: No candidates found/,
    hint: 'That version was never published. Correct it in package.json, run `yarn install` and commit both files.',
  },
  {
    when: /YN0018: /,
    hint: 'A package is not what yarn.lock says. Run `yarn install` and commit yarn.lock; if you did not change it, find out who did.',
  },
  {
    when: /^Usage Error: Couldn't find a script named "(?<name>[^"]*)"/,
    hint: (found) =>
      `package.json has no script "${group(found, 'name')}". Add it, or set the build command in the App or in appflux.json.`,
  },
  {
    when: /YN0009: │ .* couldn't be built successfully/,
    say: (found) => following(found, /YN0009: │ (.*error.*)/i, 60)?.[1] ?? found.match.input,
    hint: 'A package’s own install script failed; the lines around it in the log say why.',
  },
]);
