/** Yarn: version 1 ("classic"), and version 2 and later ("berry"), whose errors have codes, YN0000. */
import { before, byRules, following, group } from './rule.ts';

const LOCKFILE = 'Run `yarn install` and commit yarn.lock together with package.json.';
const PRIVATE =
  'The package doesn’t exist, or it is private. Check its name in package.json. For a private package, set its registry and a token in';

export const explainYarnClassic = byRules([
  {
    when: /^error This project's package\.json defines "packageManager"/,
    hint: 'Use a single package manager: set its name and version in "packageManager" of package.json, and commit only its lockfile.',
  },
  { when: /^error Your lockfile needs to be updated/, hint: LOCKFILE },
  { when: /^error Couldn't find package "[^"]*"/, hint: `${PRIVATE} .npmrc.` },
  {
    when: /^error Couldn't find any versions for /,
    hint: 'That version was never published. Correct it in package.json, run `yarn install` and commit both files.',
  },
  {
    when: /^error \S+: The engine "node" is incompatible/,
    hint: 'Set the Node.js version in .nvmrc or in "engines" of package.json, or use a compatible version of the package.',
  },
  {
    when: /^error Command "(?<name>[^"]*)" not found/,
    hint: (found) =>
      `No package.json script or package program is called "${group(found, 'name')}". Add it, or set the build command in the app or in appflux.json.`,
  },
  {
    when: /^error .*: Integrity check failed/,
    hint: 'A package doesn’t match its hash in yarn.lock. Run `yarn install --update-checksums` and commit it. If nobody changed it, find out why it differs.',
  },
]);

export const explainYarnBerry = byRules([
  {
    // Only the format of the lockfile would change: package.json is not the cause.
    when: /YN0028: │ \+ {1,4}version: (?<to>\d+)$/,
    say: (found) => {
      const from = before(found, /YN0028: │ - {1,4}version: (\d+)$/)?.[1] ?? 'another format';
      const age = Number(from) > Number(group(found, 'to')) ? 'newer' : 'older';
      return `yarn.lock was written by ${age === 'newer' ? 'a newer' : 'an older'} version of Yarn: its format is ${from}, this one’s is ${group(found, 'to')}`;
    },
    hint: 'Set the version of Yarn that wrote yarn.lock in "packageManager" of package.json (`yarn set version`), or run `yarn install` with this one and commit yarn.lock.',
  },
  {
    when: /YN0028: .*/,
    say: ({ lines }) => {
      const added = lines.find((line) => /YN0085: │ \+ /.test(line));
      return `yarn.lock doesn’t match package.json${added === undefined ? '' : `: missing ${added.slice(added.indexOf('+') + 2)}`}`;
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
    hint: 'A package doesn’t match its hash in yarn.lock. Run `yarn install` and commit yarn.lock. If nobody changed it, find out why it differs.',
  },
  {
    when: /^Usage Error: Couldn't find a script named "(?<name>[^"]*)"/,
    hint: (found) =>
      `package.json has no script "${group(found, 'name')}". Add it, or set the build command in the app or in appflux.json.`,
  },
  {
    when: /YN0009: │ .* couldn't be built successfully/,
    say: (found) => following(found, /YN0009: │ (.*error.*)/i, 60)?.[1] ?? found.match.input,
    hint: 'The install script of a package failed; the surrounding log lines say why.',
  },
]);
