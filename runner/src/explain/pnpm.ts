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
    hint: 'Use a single package manager: set its name and version in "packageManager" of package.json, and commit only its lockfile.',
  },
  { when: /ERR_PNPM_NO_LOCKFILE/, hint: LOCKFILE },
  {
    when: /ERR_PNPM_LOCKFILE_BREAKING_CHANGE|ERR_PNPM_BROKEN_LOCKFILE/,
    hint: 'pnpm-lock.yaml is from another pnpm version or damaged. Set the version in "packageManager" of package.json, or run `pnpm install` with the new one and commit the lockfile.',
  },
  {
    when: /ERR_PNPM_PEER_DEP_ISSUES/,
    say: (found) => `Peer dependency conflict: ${following(found, /✕ (.*)/)?.[1] ?? found.match.input}`,
    hint: 'Choose compatible versions, or set strictPeerDependencies: false in pnpm-workspace.yaml.',
  },
  {
    when: /ERR_PNPM_UNSUPPORTED_ENGINE/,
    say: (found) => {
      const wanted = following(found, /^Expected version: (.*)/)?.[1] ?? 'another version';
      return `The project needs ${wanted}; installed: ${following(found, /^Got: (.*)/)?.[1] ?? 'another'}`;
    },
    hint: 'Set the Node.js version in .nvmrc, or the version of pnpm in "packageManager" of package.json.',
  },
  {
    when: /ERR_PNPM_NO_MATCHING_VERSION/,
    hint: 'That version was never published. Correct it in package.json, run `pnpm install` and commit both files.',
  },
  {
    when: /ERR_PNPM_FETCH_404/,
    hint: 'The package doesn’t exist, or it is private. Check its name in package.json. For a private package, set its registry and a token in .npmrc.',
  },
  {
    when: /ERR_PNPM_NO_SCRIPT\s+Missing script: (?<name>\S+)/,
    hint: (found) =>
      `package.json has no script "${group(found, 'name')}". Add it, or set the build command in the app or in appflux.json.`,
  },
  {
    when: /ERR_PNPM_TARBALL_INTEGRITY/,
    hint: 'A package doesn’t match its hash in pnpm-lock.yaml. Run `pnpm install --fix-lockfile` and commit it. If nobody changed it, find out why it differs.',
  },
  {
    when: /ERR_PNPM_IGNORED_BUILDS/,
    hint: 'Allow these packages to run their scripts: `pnpm approve-builds` adds them to pnpm-workspace.yaml.',
  },
  {
    when: /ERR_PNPM_WORKSPACE_PKG_NOT_FOUND\s+In \S{0,200}: "(?<name>[^"]{1,200})@workspace:/,
    say: (found) => `The workspace has no package ${group(found, 'name')}`,
    hint: 'Check `packages` in pnpm-workspace.yaml, and that the package is in the source. If the root directory is inside a workspace, the source must include the top of the workspace.',
  },
  {
    when: /ERR_PNPM_META_FETCH_FAIL|ERR_PNPM_FETCH_5\d\d/,
    hint: 'The package registry did not respond. Deploy again. If it keeps failing, a log line starting with "Network:" says more.',
  },
  {
    when: /ERR_PNPM_(?!RECURSIVE_RUN|RECURSIVE_EXEC)[A-Z0-9_]+/,
    hint: 'Run the same pnpm command in a clean checkout; pnpm.io/errors explains its error codes.',
  },
]);
