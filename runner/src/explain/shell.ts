/** The shell: programs that are not there or may not be run. */
import { byRules, type Found, group } from './rule.ts';

/** What is in an image, and what a project has to bring. */
function missing(found: Found): string {
  const name = group(found, 'name');
  if (/^\.{0,2}\//.test(name)) {
    return `${name} is not there, or its first line names a program that is not: line ends of Windows do that, too. Check that it is committed, and save it with LF.`;
  }
  if (/^(?:npm|pnpm|yarn|bun|node|npx|bunx)$/.test(name)) {
    return `${name} is not in this builder image. Expo and React Native need the Android image with Google's SDK, which has it: \`npm run images -- android\` on the runner builds that one where Google's hosts answer. For anything else choose an image that has ${name}, or another command.`;
  }
  if (
    /^(?:curl|wget|make|gcc|g\+\+|cmake|python3?|pip3?|java|docker|sudo|apt(?:-get)?|unzip|jq|rsync)$/.test(
      name,
    )
  ) {
    return `${name} is not in this builder image, and builds install no packages of the system. Use a package of the project's language instead, or another image.`;
  }
  if (name === 'git' || name === 'ssh')
    return `${name} is not part of builds. Fetch what you need as a package, by https.`;
  return `No package of the project brings a program ${name}: add the one that does to the dependencies (it may be among devDependencies that were not installed), or correct the command.`;
}

const LINE_ENDS =
  'The script has line ends of Windows: save it with LF, and put `*.sh text eol=lf` into .gitattributes.';

export const explainShell = byRules([
  // What a carriage return does to a script: bash shows it as $'\r', of dash's words it hides the beginning.
  { when: /\$'[^']{0,200}\\r'/, hint: LINE_ENDS },
  { when: /^: not found$|^\S+: \d+: set: Illegal option -$/, hint: LINE_ENDS },
  {
    when: /^(?:\/\S+\/)?(?:ba|da|a|z)?sh: (?:line )?\d+: (?<name>[^\s:]+): (?:command )?not found/,
    hint: missing,
  },
  { when: /^(?:\/\S+\/)?(?:sh|bash): (?<name>[^\s:]+): (?:command )?not found/, hint: missing },
  { when: /^command not found: (?<name>\S+)/, hint: missing },
  {
    when: /^(?:\/\S+\/)?(?:ba|da)?sh: (?:line )?\d+: (?<name>[^\s:]+): Permission denied/,
    hint: (found) =>
      `${group(found, 'name')} is not executable: \`git update-index --chmod=+x ${group(found, 'name')}\`, or run it with its interpreter (sh, node).`,
  },
  { when: /\^M: bad interpreter/, hint: LINE_ENDS },
  {
    when: /(?:bad interpreter|env: [‘'`"]?(?<name>[^\s’'"]+)\\?r?[’'"]?): No such file or directory/,
    hint: 'The script names a program that is not there, or has line ends of Windows: save it with LF, or add `* text=auto eol=lf` to .gitattributes.',
  },
  {
    when: /^(?:mkdir|touch|cp|mv|tee|ln|rm): .{0,200}(?:Permission denied|Read-only file system)/,
    hint: 'A build may write to its own folder, to its home and to /tmp only.',
  },
  {
    when: /^(?:ba)?sh: (?:-c: )?line \d+: syntax error/,
    hint: 'The command cannot be read: check quotation marks and brackets.',
  },
]);
