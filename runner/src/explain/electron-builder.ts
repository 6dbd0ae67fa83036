/** electron-builder and Electron Forge: `⨯ message`. */
import { byRules, following, group } from './rule.ts';

export const explainElectronBuilder = byRules([
  {
    when: /⨯ Invalid configuration object/,
    say: (found) => following(found, /^ - (\S.*)/, 4)?.[1] ?? found.match.input,
    hint: 'Fix "build" in package.json (or electron-builder.yml) at the reported location.',
  },
  {
    when: /⨯ Cannot compute electron version|Cannot find electron dependency to get electron version/,
    hint: 'Set an exact version of electron in devDependencies, and commit the lockfile.',
  },
  {
    when: /Application entry file "(?<name>[^"]+)" (?:in the .{0,200} )?does not exist/,
    hint: (found) =>
      `"main" of package.json names ${group(found, 'name')}, which was not packed. Build it first, or add it to "files".`,
  },
  {
    when: /Please specify (?:author|'?"?homepage|.*maintainer)|Please specify project homepage/i,
    hint: 'Packages of type .deb and .rpm need "author" with an email, and "homepage", in package.json.',
  },
  {
    when: /⨯ (?:cannot resolve|Get |part download request failed|.{0,40}download).{0,200}/,
    hint: 'Electron is downloaded during packaging. Builds can only reach the allowed hosts. A log line starting with "Network:" names the refused host; the owner of the runner can allow it.',
  },
  {
    when: /wine is required|⨯ .{0,60}rcedit/,
    hint: 'The icon and version of a Windows program are set with Wine. Use the desktop image, or build for Windows on Windows.',
  },
  {
    when: /⨯ (?:cannot find valid "Developer ID|.{0,40}code sign)|CSC_LINK/,
    hint: 'To sign, add the certificate to the files of the app as CSC_LINK and set CSC_KEY_PASSWORD to its password. Otherwise, disable signing.',
  },
  { when: /⨯ (?!build failed)\S/, hint: 'The following log lines say more.' },
  {
    when: /^An unhandled rejection has occurred inside Forge:/,
    say: (found) => following(found, /(\S.*)/, 3)?.[1] ?? found.match.input,
    hint: 'The following log lines say more.',
  },
]);
