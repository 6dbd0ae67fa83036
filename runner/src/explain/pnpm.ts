/** pnpm: its errors have codes, ERR_PNPM_* (pnpm.io/errors). */
import { byRules, following, group } from './rule.ts';

const LOCKFILE = 'Run `pnpm install` and commit pnpm-lock.yaml together with package.json.';

export const explainPnpm = byRules([
  {
    when: /ERR_PNPM_OUTDATED_LOCKFILE/,
    say: (found) =>
      `pnpm-lock.yaml is not up to date with package.json: ${following(found, /^\* (.*)/)?.[1] ?? 'specifiers differ'}`,
    hint: LOCKFILE,
  },
  {
    when: /This project is configured to use (?:yarn|npm|bun)\b/,
    hint: 'Keep to one package manager: its name and version in "packageManager" of package.json, and its lockfile alone.',
  },
  { when: /ERR_PNPM_NO_LOCKFILE/, hint: LOCKFILE },
  {
    when: /ERR_PNPM_LOCKFILE_BREAKING_CHANGE|ERR_PNPM_BROKEN_LOCKFILE/,
    hint: 'pnpm-lock.yaml is of another pnpm version or damaged. Name the version in "packageManager" of package.json, or run `pnpm install` with the new one and commit the lockfile.',
  },
  {
    when: /ERR_PNPM_PEER_DEP_ISSUES/,
    say: (found) => `Peer conflict: ${following(found, /✕ (.*)/)?.[1] ?? found.match.input}`,
    hint: 'Choose versions that fit each other, or set strictPeerDependencies: false in pnpm-workspace.yaml.',
  },
  {
    when: /ERR_PNPM_UNSUPPORTED_ENGINE/,
    say: (found) => {
      const wanted = following(found, /^Expected version: (.*)/)?.[1] ?? 'another version';
      return `The project needs ${wanted}; here is ${following(found, /^Got: (.*)/)?.[1] ?? 'another'}`;
    },
    hint: 'Name the Node.js version in .nvmrc, or the version of pnpm in "packageManager" of package.json.',
  },
  {
    when: /ERR_PNPM_NO_MATCHING_VERSION/,
    hint: 'That version was never published. Correct it in package.json, run `pnpm install` and commit both files.',
  },
  {
    when: /ERR_PNPM_FETCH_404/,
    hint: 'There is no such package, or it is private. Check its name in package.json; for a private one name its registry and a token in .npmrc.',
  },
  {
    when: /ERR_PNPM_NO_SCRIPT\s+Missing script: (?<name>\S+)/,
    hint: (found) =>
      `package.json has no script "${group(found, 'name')}". Add it, or set the build command in the App or in appflux.json.`,
  },
  {
    when: /ERR_PNPM_TARBALL_INTEGRITY/,
    hint: 'A package is not what pnpm-lock.yaml says. Run `pnpm install --fix-lockfile` and commit it; if you did not change it, find out who did.',
  },
  {
    when: /ERR_PNPM_IGNORED_BUILDS/,
    hint: 'Allow the packages named to run their scripts: `pnpm approve-builds` writes that into pnpm-workspace.yaml.',
  },
  {
    when: /ERR_PNPM_WORKSPACE_PKG_NOT_FOUND\s+In \S{0,200}: "(?<name>[^"]{1,200})@workspace:/,
    say: (found) => `${group(found, 'name')} is to come from the workspace, which has no such package`,
    hint: 'Check `packages` in pnpm-workspace.yaml, and that the package is in the source. If the root directory is a folder of the workspace, the workspace’s top must be in the source, too.',
  },
  {
    when: /ERR_PNPM_META_FETCH_FAIL|ERR_PNPM_FETCH_5\d\d/,
    hint: 'The package registry did not answer. Deploy again; if it goes on, a line beginning with "Network:" in the log says more.',
  },
  {
    when: /ERR_PNPM_(?!RECURSIVE_RUN|RECURSIVE_EXEC)[A-Z0-9_]+/,
    hint: 'Run the same pnpm command in a clean checkout; pnpm.io/errors explains its error codes.',
  },
]);
