/** Apps other than web sites in a workspace (monorepo), built from its top. */
import { listed } from '@appflux/protocol';
import { packageVersion } from '../package-json.ts';
import { packagesAbove } from '../packages-above.ts';
import { because } from '../reason.ts';
import { joinPath } from '../tree.ts';
import { type Finding, type Outcome, ownPackage, type Rule, type Subject } from './rule.ts';
import { inOrder, shellWord } from './shell.ts';
import { isWorkspace, packageFolders } from './web/workspace-packages.ts';

/** What a rule finds in the packages of the workspace whose top the root directory is; null if nothing. */
export async function findInWorkspace(rule: Rule, subject: Subject): Promise<Outcome> {
  const pkg = ownPackage(subject);
  if (pkg === null || !isWorkspace(subject.tree, pkg)) return null;
  const { tree } = subject;
  const found: { folder: string; finding: Finding }[] = [];
  for (const folder of packageFolders(tree, pkg)) {
    const inner = tree.from(joinPath(tree.base, folder));
    const outcome = await rule.find({ ...subject, tree: inner, packages: packagesAbove(inner) });
    if (outcome === null || 'refusal' in outcome) continue;
    // The version of the package, not the one of the workspace's top.
    const own = packagesAbove(inner)[0]?.pkg ?? null;
    found.push({ folder, finding: { ...outcome, version: outcome.version ?? packageVersion(own) } });
  }
  const [first, ...others] = found;
  if (first === undefined) return null;
  if (others.length > 0) {
    return {
      refusal: `This workspace has several apps of type ${first.finding.type}: ${listed(
        found.map(({ folder }) => folder),
        8,
      )}.`,
      hint: 'Set the root directory of the app to one of these folders.',
      elsewhere: found.map(({ folder, finding: { type, framework } }) => ({
        folder: joinPath(tree.base, folder),
        type,
        framework,
      })),
    };
  }
  return fromTop(first.folder, first.finding);
}

/** The same, seen from the workspace's top, where packages are installed. */
function fromTop(folder: string, finding: Finding): Finding {
  const into = `cd ${shellWord(folder)}`;
  const { installCommand, buildCommand } = finding;
  return {
    ...finding,
    ...(installCommand === undefined ? {} : { installCommand: inOrder(into, installCommand) }),
    buildCommand: buildCommand === null ? null : inOrder(into, buildCommand),
    outputs: finding.outputs.map((output) => joinPath(folder, output)),
    reasons: [
      ...finding.reasons,
      because(
        'build',
        `This is a workspace package: dependencies are installed at the top, and commands run in ${folder}.`,
      ),
    ],
  };
}
