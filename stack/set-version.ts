/**
 * Sets the version of all packages: `npm run version:set -- 1.4.0`. CHANGELOG.md must have an entry for it.
 */
import process from 'node:process';
import { ROOT, runCommand } from './command.ts';
import { StackProblem } from './problem.ts';
import { setVersions } from './release/versions.ts';

await runCommand(async () => {
  const [version, ...others] = process.argv.slice(2);
  if (version === undefined || others.length > 0) {
    throw new StackProblem('arguments_invalid', 'Name one version', 'npm run version:set -- 1.4.0');
  }
  const changed = await setVersions(ROOT, version);
  if (changed.length === 0) process.stdout.write(`All packages already have version ${version}.\n`);
  else process.stdout.write(`Set version ${version} in:\n${changed.map((path) => `  ${path}\n`).join('')}`);
  return 0;
});
