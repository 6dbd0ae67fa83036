/** What packs programs for desktops: NSIS, dpkg, Tauri's bundler. */
import { before, byRules, group } from './rule.ts';

export const explainInstallers = byRules([
  {
    when: /^Error in script "(?<file>[^"]+)" on line (?<line>\d+)/,
    say: (found) => {
      const why = before(found, /^(?:File: |Invalid command|!include: |Error: |\S+ expects )(?:.*)/, 6)?.[0];
      return `${group(found, 'file')}:${group(found, 'line')}: ${why ?? found.match.input}`;
    },
    hint: 'NSIS cannot use the script at that line. Files that it packs must have been built before; on Linux their paths have forward slashes.',
  },
  {
    when: /^dpkg-deb: error: (?<what>.*)/,
    say: ({ match, lines, index }) => {
      const why = lines[index + 1] ?? '';
      return why.startsWith(' ') ? `${match.input} ${why.trim()}` : match.input;
    },
    hint: 'Correct DEBIAN/control: a package’s name is in lower case, and its version begins with a digit.',
  },
  {
    when: /The `(?:frontendDist|distDir)` configuration is set to .{1,300} but this path doesn't exist/,
    say: ({ match }) => match[0],
    hint: 'Tauri packs the web page that was built before: let build.beforeBuildCommand in tauri.conf.json build it, and name the folder it makes in build.frontendDist.',
  },
  {
    when: /Couldn't recognize the current folder as a Tauri project/,
    hint: 'Set the root directory of the App to the folder with src-tauri.',
  },
  {
    when: /beforeBuildCommand `(?<command>[^`]*)` failed/,
    hint: 'The command that builds the web page failed; the lines above it in the log say why.',
  },
]);
