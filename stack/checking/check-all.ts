/** Runs all checks after installing what they need. */
import { firstExisting, installPackages } from '../debian.ts';
import { during, type Progress } from '../progress.ts';
import { addUp, type Outcome } from '../testing/verdict.ts';
import { auditPackages } from './audit.ts';
import { BINDING_TYPES, findChecks, runChecks } from './checks.ts';
import { checkSources } from './findings.ts';

/** Installs shellcheck if it is missing and runs every check. @throws StackProblem `package_missing` */
export async function checkAll(root: string, progress: Progress): Promise<Outcome> {
  if (firstExisting('/usr/bin/shellcheck', '/usr/local/bin/shellcheck') === null) {
    await during(progress, 'Installing shellcheck', (task) => installPackages(['shellcheck'], task));
  }
  const bindings = await runChecks([BINDING_TYPES], root, progress);
  const [checks, sources, audit] = await Promise.all([
    findChecks(root).then((found) => runChecks(found, root, progress)),
    checkSources(root, progress),
    auditPackages(root, (line) => progress.say(line)),
  ]);
  return [checks, sources, audit].reduce(addUp, bindings);
}
