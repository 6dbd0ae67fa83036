/** npm: errors of its own, not those of the scripts that it runs. */
import { byRules, type Found, following } from './rule.ts';

const LOCKFILE = 'Run `npm install` and commit package-lock.json together with package.json.';

/** The first line of its explanation that says which package. */
const firstOf =
  (pattern: RegExp) =>
  (found: Found): string =>
    following(found, pattern, 10)?.[0] ?? found.match.input;

export const explainNpm = byRules([
  {
    when: /^npm (?:error|ERR!) (?:Missing|Invalid): .* (?:from lock file|does not satisfy)/,
    hint: `package-lock.json does not fit package.json. ${LOCKFILE}`,
  },
  {
    when: /^npm (?:error|ERR!) The `npm ci` command can only install with an existing package-lock\.json/,
    say: () => 'npm ci: there is no package-lock.json',
    hint: `${LOCKFILE} Or set the install command to \`npm install\`.`,
  },
  {
    when: /^npm (?:error|ERR!) `npm ci` can only install packages when/,
    say: () => 'npm ci: package.json and package-lock.json are not in sync',
    hint: LOCKFILE,
  },
  {
    when: /^npm (?:error|ERR!) (?:code )?ERESOLVE/,
    say: (found) => {
      const peer = following(found, /^npm (?:error|ERR!) (peer \S.*)/, 40)?.[1];
      const there = following(found, /^npm (?:error|ERR!) Found: (\S+)/, 40)?.[1];
      return peer === undefined
        ? found.match.input
        : `Peer conflict: ${peer}${there ? `, but ${there} is there` : ''}`;
    },
    hint: 'Choose versions that fit each other. To install all the same, set the install command to `npm ci --legacy-peer-deps`, or add legacy-peer-deps=true to .npmrc.',
  },
  {
    when: /^npm (?:error|ERR!) code EBADENGINE/,
    say: (found) => {
      const wanted = following(found, /Required: (\S.*)/)?.[1] ?? '';
      const there = following(found, /Actual: +(\S.*)/)?.[1] ?? '';
      // Of the project itself, npm has no name.
      const name = following(found, /Not compatible with your version of node\/npm: (\S+)/)?.[1];
      const who = name === undefined || name === 'undefined' ? 'The project' : name;
      return `${who} needs ${wanted}; here is ${there}`;
    },
    hint: 'Name the Node.js version in .nvmrc, or in "engines" of package.json; or take a version of the package that fits.',
  },
  {
    when: /^npm (?:error|ERR!) code ETARGET/,
    say: firstOf(/No matching version found for .*/),
    hint: 'That version was never published. Correct it in package.json, run `npm install` and commit both files.',
  },
  {
    when: /^npm (?:error|ERR!) code E404/,
    say: firstOf(/404 Not Found - .*/),
    hint: 'There is no such package, or it is private. Check its name in package.json; for a private one name its registry and a token in .npmrc (NPM_TOKEN in the variables of the App).',
  },
  {
    when: /^npm (?:error|ERR!) code EINTEGRITY/,
    say: () => 'A package is not what package-lock.json says (EINTEGRITY)',
    hint: 'Remove node_modules and package-lock.json, run `npm install` and commit the new lockfile. If you did not change it, find out who did.',
  },
  {
    when: /^npm (?:error|ERR!) (?:code EJSONPARSE|JSON\.parse Invalid package\.json)/,
    say: firstOf(/Invalid package\.json: .*/),
    hint: 'package.json is not JSON. Correct it at the place named (a comma too many, a comment, a merge conflict).',
  },
  {
    when: /^npm (?:error|ERR!) Unsupported URL Type "(?:workspace|catalog|portal|link|patch):"/,
    hint: 'npm does not know this kind of dependency, which is pnpm’s or Yarn’s: commit their lockfile, or name them in "packageManager", so that they install the project.',
  },
  {
    when: /^npm (?:error|ERR!) Missing script: "?(?<name>[^"]*)"?/,
    hint: ({ match }) =>
      `package.json has no script "${match.groups?.name}". Add it, or set the build command in the App or in appflux.json.`,
  },
  {
    when: /^npm (?:error|ERR!) code (?:ETIMEDOUT|ECONNRESET|ENOTFOUND|EAI_AGAIN|ECONNREFUSED)/,
    hint: 'The package registry did not answer. Deploy again; if it goes on, a line beginning with "Network:" in the log says more.',
  },
  {
    when: /^(?:npm (?:error|ERR!) )?gyp ERR! (?:find Python|stack Error: )/,
    hint: 'A package with native code could not be compiled. Take a version that brings a compiled file for Linux, or a package without native code.',
  },
]);
