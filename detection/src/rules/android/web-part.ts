/** The web app inside a native shell. */
import type { PackageJson } from '../../package-json.ts';
import { runScript } from '../../package-manager.ts';
import type { Subject } from '../rule.ts';
import { webRule } from '../web/index.ts';

/**
 * The command that builds the web part: as it would be built for itself, else the script `build`, whatever it
 * is; null if there is nothing to build.
 */
export async function webCommand(subject: Subject, pkg: PackageJson): Promise<string | null> {
  // A shell shows files: what renders on a server can't be in it.
  const outcome = await webRule.find({ ...subject, type: 'web', framework: null, servers: 'unavailable' });
  if (outcome !== null && !('refusal' in outcome)) return outcome.buildCommand;
  return (pkg.scripts.build ?? '').trim() === '' ? null : runScript(subject.manager, 'build');
}
