/** Git, called by the project's own scripts. */
import { byRules } from './rule.ts';

export const explainGit = byRules([
  {
    // Git itself, and husky before version 9
    when: /fatal: not (?:a git repository|in a git directory)|^(?:husky - )?\.git can['’]t be found/,
    say: ({ match }) => match[0],
    hint: 'The upload has no Git repository (.git). If a script such as prepare sets up Git hooks, let it go on without one, as in `git config core.hooksPath .hooks || true`. If the build needs the history, connect a repository instead.',
  },
  {
    when: /fatal: (?:No names found, cannot describe anything|No tags can describe|no tag exactly matches)/,
    say: ({ match }) => match[0],
    hint: 'No tag of the repository leads to this commit, or the history that was fetched has none. Name the command that needs tags in the build command itself, or let it have a default, as in `git describe --tags || echo dev`.',
  },
]);
