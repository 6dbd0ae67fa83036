/** The shell: programs that are not there or may not be run. */
import { byRules, type Found, group } from './rule.ts';

/** What is in an image, and what a project has to bring. */
function missing(found: Found): string {
  const name = group(found, 'name');
  if (/^\.{0,2}\//.test(name)) {
    return `${name} doesn’t exist, or its first line names a missing program (Windows line endings can cause that). Check that it is committed, and save it with LF.`;
  }
  if (/^(?:npm|pnpm|yarn|bun|node|npx|bunx)$/.test(name)) {
    return `${name} is not in this builder image. Expo and React Native need the Android image with Google’s SDK, which has it: \`npm run images -- android\` on the runner builds it if Google’s hosts are reachable. Otherwise, use an image that has ${name}, or another command.`;
  }
  if (
    /^(?:curl|wget|make|gcc|g\+\+|cmake|python3?|pip3?|java|docker|sudo|apt(?:-get)?|unzip|jq|rsync)$/.test(
      name,
    )
  ) {
    return `${name} is not in this builder image, and builds can’t install system packages. Use a package of the project’s language instead, or another image.`;
  }
  if (name === 'git' || name === 'ssh')
    return `${name} is not available in builds. Use a package, or download over https.`;
  return `No installed package has a program ${name}. Add its package to the dependencies (devDependencies may not have been installed), or correct the command.`;
}

const LINE_ENDS =
  'The script has Windows line endings. Save it with LF, and add `*.sh text eol=lf` to .gitattributes.';

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
      `${group(found, 'name')} is not executable. Run \`git update-index --chmod=+x ${group(found, 'name')}\`, or run it with its interpreter (sh, node).`,
  },
  { when: /\^M: bad interpreter/, hint: LINE_ENDS },
  {
    when: /(?:bad interpreter|env: [‘'`"]?(?<name>[^\s’'"]+)\\?r?[’'"]?): No such file or directory/,
    hint: 'The script names a missing program, or has Windows line endings. Save it with LF, or add `* text=auto eol=lf` to .gitattributes.',
  },
  {
    when: /^(?:mkdir|touch|cp|mv|tee|ln|rm): .{0,200}(?:Permission denied|Read-only file system)/,
    hint: 'Builds can only write to the project folder, their home folder and /tmp.',
  },
  {
    when: /^(?:ba)?sh: (?:-c: )?line \d+: syntax error/,
    hint: 'The command has a syntax error. Check quotation marks and brackets.',
  },
]);
