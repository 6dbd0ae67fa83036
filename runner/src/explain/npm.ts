/** npm: errors of its own, not those of the scripts that it runs. */
import { byRules, type Found, following, group } from './rule.ts';

const LOCKFILE = 'Run `npm install` and commit package-lock.json together with package.json.';

/** The first line of its explanation that says which package. */
const firstOf =
  (pattern: RegExp) =>
  (found: Found): string =>
    following(found, pattern, 10)?.[0] ?? found.match.input;

export const explainNpm = byRules([
  {
    when: /^npm (?:error|ERR!) (?:Missing|Invalid): .* (?:from lock file|does not satisfy)/,
    hint: `package-lock.json doesn’t match package.json. ${LOCKFILE}`,
  },
  {
    when: /^npm (?:error|ERR!) The `npm ci` command can only install with an existing package-lock\.json/,
    say: () => 'npm ci: package-lock.json is missing',
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
        : `Peer dependency conflict: ${peer}${there ? `, but ${there} is installed` : ''}`;
    },
    hint: 'Choose compatible versions. To install anyway, add the variable NPM_FLAGS=--legacy-peer-deps to the app, or legacy-peer-deps=true to .npmrc.',
  },
  {
    when: /^npm (?:error|ERR!) code EBADENGINE/,
    say: (found) => {
      const wanted = following(found, /Required: (\S.*)/)?.[1] ?? '';
      const there = following(found, /Actual: +(\S.*)/)?.[1] ?? '';
      // Of the project itself, npm has no name.
      const name = following(found, /Not compatible with your version of node\/npm: (\S+)/)?.[1];
      const who = name === undefined || name === 'undefined' ? 'The project' : name;
      return `${who} needs ${wanted}; installed: ${there}`;
    },
    hint: 'Set the Node.js version in .nvmrc or in "engines" of package.json, or use a compatible version of the package.',
  },
  {
    when: /^npm (?:error|ERR!) code ETARGET/,
    say: firstOf(/No matching version found for .*/),
    hint: 'That version was never published. Correct it in package.json, run `npm install` and commit both files.',
  },
  {
    when: /^npm (?:error|ERR!) code E404/,
    say: firstOf(/404 Not Found - .*/),
    hint: 'The package doesn’t exist, or it is private. Check its name in package.json. For a private package, set its registry and a token in .npmrc (NPM_TOKEN in the app’s variables).',
  },
  {
    when: /^npm (?:error|ERR!) code EINTEGRITY/,
    say: () => 'A package doesn’t match its hash in package-lock.json (EINTEGRITY)',
    hint: 'Remove node_modules and package-lock.json, run `npm install` and commit the new lockfile. If nobody changed it, find out why it differs.',
  },
  {
    when: /^npm (?:error|ERR!) (?:code EJSONPARSE|JSON\.parse Invalid package\.json)/,
    say: firstOf(/Invalid package\.json: .*/),
    hint: 'package.json is not valid JSON. Fix it at the location shown (a trailing comma, a comment or a merge conflict).',
  },
  {
    when: /^npm (?:error|ERR!) Unsupported URL Type "(?:workspace|catalog|portal|link|patch):"/,
    hint: 'npm does not support this kind of dependency, which is specific to pnpm or Yarn. To install with one of them, commit its lockfile or set "packageManager".',
  },
  {
    when: /^npm (?:error|ERR!) Missing script: "?(?<name>[^"]*)"?/,
    hint: ({ match }) =>
      `package.json has no script "${match.groups?.name}". Add it, or set the build command in the app or in appflux.json.`,
  },
  {
    when: /^npm (?:error|ERR!) code (?:ETIMEDOUT|ECONNRESET|ENOTFOUND|EAI_AGAIN|ECONNREFUSED)/,
    hint: 'The package registry did not respond. Deploy again. If it keeps failing, a log line starting with "Network:" says more.',
  },
  {
    // of the project's own code: that of packages is in node_modules, with npm's words before it
    when: /^\S{1,300}\.(?:cc|cpp|cxx|c|h|hh|hpp|mm?):\d{1,7}:\d{1,7}: (?:fatal )?error: \S/,
    hint: 'The native code can’t be compiled at the location shown. If a header is missing, the image has no such library.',
  },
  {
    when: /^ {2}File "(?<file>[^"]{1,300}\.gypi?)", line (?<line>\d{1,7})$/,
    say: (found) =>
      `${group(found, 'file')}:${group(found, 'line')}: ${following(found, /^SyntaxError: .*/, 4)?.[0] ?? 'invalid syntax'}`,
    hint: 'The file can’t be parsed at the location shown. Fix it.',
  },
  {
    when: /^(?:npm (?:error|ERR!) )?gyp ERR! (?:find Python|stack Error: )/,
    hint: 'A package with native code could not be compiled; the log lines with "gyp ERR!" and "error:" say why. Use a version that supports this Node.js or has a prebuilt binary for Linux, or a package without native code.',
  },
]);
