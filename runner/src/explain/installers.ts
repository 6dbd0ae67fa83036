/** What packs programs for desktops: NSIS, dpkg, Tauri's bundler. */
import { before, byRules, group } from './rule.ts';

export const explainInstallers = byRules([
  {
    when: /^Error in script "(?<file>[^"]+)" on line (?<line>\d+)/,
    say: (found) => {
      const why = before(found, /^(?:File: |Invalid command|!include: |Error: |\S+ expects )(?:.*)/, 6)?.[0];
      return `${group(found, 'file')}:${group(found, 'line')}: ${why ?? found.match.input}`;
    },
    hint: 'NSIS can’t process the script at that line. Files that it packs must be built first; on Linux their paths use forward slashes.',
  },
  {
    when: /^dpkg-deb: error: (?<what>.*)/,
    say: ({ match, lines, index }) => {
      const why = lines[index + 1] ?? '';
      return why.startsWith(' ') ? `${match.input} ${why.trim()}` : match.input;
    },
    hint: 'Fix DEBIAN/control: package names must be lower case, and versions must begin with a digit.',
  },
  {
    when: /The `(?:frontendDist|distDir)` configuration is set to .{1,300} but this path doesn't exist/,
    say: ({ match }) => match[0],
    hint: 'Tauri packs the built front end. Set build.beforeBuildCommand in tauri.conf.json to build it, and build.frontendDist to its folder.',
  },
  {
    when: /Couldn't recognize the current folder as a Tauri project/,
    hint: 'Set the root directory of the app to the folder with src-tauri.',
  },
  {
    when: /beforeBuildCommand `(?<command>[^`]*)` failed/,
    hint: 'The command that builds the front end failed; the log lines before it say why.',
  },
]);
