/** electron-builder and Electron Forge: `⨯ message`. */
import { byRules, following, group } from './rule.ts';

export const explainElectronBuilder = byRules([
  {
    when: /⨯ Invalid configuration object/,
    say: (found) => following(found, /^ - (\S.*)/, 4)?.[1] ?? found.match.input,
    hint: 'Correct "build" in package.json (or electron-builder.yml) where the message says.',
  },
  {
    when: /⨯ Cannot compute electron version|Cannot find electron dependency to get electron version/,
    hint: 'Name an exact version of electron in devDependencies, and commit the lockfile.',
  },
  {
    when: /Application entry file "(?<name>[^"]+)" (?:in the .{0,200} )?does not exist/,
    hint: (found) =>
      `"main" of package.json names ${group(found, 'name')}, which was not packed: build it before, or add it to "files".`,
  },
  {
    when: /Please specify (?:author|'?"?homepage|.*maintainer)|Please specify project homepage/i,
    hint: 'A .deb and an .rpm need "author" with a mail address, and "homepage", in package.json.',
  },
  {
    when: /⨯ (?:cannot resolve|Get |part download request failed|.{0,40}download).{0,200}/,
    hint: 'Electron itself is downloaded while packing. Builds reach the allowed hosts only: a line beginning with "Network:" in the log names the host, which the owner of the runner can add.',
  },
  {
    when: /wine is required|⨯ .{0,60}rcedit/,
    hint: 'Icons and version of a Windows program are set by Wine: use the desktop image, or build for Windows on Windows.',
  },
  {
    when: /⨯ (?:cannot find valid "Developer ID|.{0,40}code sign)|CSC_LINK/,
    hint: 'Signing: add the certificate to the files of the App as CSC_LINK and its password as CSC_KEY_PASSWORD, or switch signing off.',
  },
  { when: /⨯ (?!build failed)\S/, hint: 'The lines below it in the log say more.' },
  {
    when: /^An unhandled rejection has occurred inside Forge:/,
    say: (found) => following(found, /(\S.*)/, 3)?.[1] ?? found.match.input,
    hint: 'The lines below it in the log say more.',
  },
]);
