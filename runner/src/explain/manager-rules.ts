/** Package managers that refuse a project for what they are, not for its packages. */
import { byRules, type Found, group } from './rule.ts';

const allowed = (found: Found): string => group(found, 'name') || group(found, 'only');

export const explainManagerRules = byRules([
  {
    // builder-images/web/pinned-tool
    when: /^pinned-tool: (?<name>\S{1,100}) (?<version>.{1,200}) could not be downloaded$/,
    say: (found) => {
      const name = group(found, 'name').startsWith('node-linux') ? 'Node' : group(found, 'name');
      return `${name} ${group(found, 'version')}, which the project requests, could not be downloaded`;
    },
    hint: 'The package registry may not have such a version, or did not answer; the log lines before say which. The reasons at the beginning of the log name the file or variable that requests it.',
  },
  {
    // only-allow, in a box; or npx, which asks before it downloads it
    when: /Use "(?<name>npm|pnpm|yarn|bun) install" for installation in this project|^npm (?:error|ERR!) command sh -c npx (?:-y |--yes )?only-allow (?<only>npm|pnpm|yarn|bun)$/,
    say: (found) => `The project only allows ${allowed(found)} (only-allow)`,
    hint: (found) =>
      `Commit the lockfile of ${allowed(found)}, or set "packageManager" in package.json to it: then builds install with it.`,
  },
  {
    when: /Mismatch hashes\. Expected (?<wanted>[0-9a-f]{6})[0-9a-f]*, got (?<got>[0-9a-f]{6})/,
    say: (found) =>
      `packageManager in package.json names another hash (${group(found, 'wanted')}…) than the package has (${group(found, 'got')}…)`,
    hint: 'Run `corepack use NAME@VERSION`, which writes the right hash, and commit package.json. If nobody changed it, find out why it differs.',
  },
  {
    when: /Unrecognized or legacy configuration settings found: (?<names>[\w, ]{1,200})/,
    hint: (found) => {
      const variables = group(found, 'names')
        .split(', ')
        .map((name) => `YARN_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`);
      return `Yarn 2 and later have no such setting. Remove ${variables.join(' and ')} from the app’s variables, or the setting from .yarnrc.yml.`;
    },
  },
  {
    when: /ERR_PNPM_INVALID_WORKSPACE_CONFIGURATION|packages field missing or empty/,
    say: () => 'pnpm-workspace.yaml has no packages field, which pnpm before version 10 needs',
    hint: 'Add `packages: ["."]` to pnpm-workspace.yaml, or set a pnpm of version 10 or later in "packageManager" of package.json.',
  },
]);
