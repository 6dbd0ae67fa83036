/**
 * Looks at a repository: fetches one commit, reads what detection needs from Git's object store, and runs nothing. No file
 * of the repository is ever written to the disk.
 */
import {
  DetectionFailure,
  findCandidates,
  joinPath,
  MANIFEST_NAME,
  parseManifest,
  type SourceTree,
} from '@appflux/detection';
import { type LookFindings, type LookTask, printable } from '@appflux/protocol';
import { reachable } from '../job/prepare/git/address.ts';
import { DEFAULT_BRANCH, gitFailure, noBranchFailure, readTrouble } from '../job/prepare/git/errors.ts';
import { fetchBranch } from '../job/prepare/git/index.ts';
import { Remote } from '../job/prepare/git/remote.ts';
import { SOURCE_LIMITS, type SourceLimits } from '../job/prepare/limits.ts';
import { rootParts } from '../job/prepare/root-directory.ts';
import { maskedPlan } from '../masking/plan.ts';
import { type Mask, own, say } from '../masking/sentence.ts';
import { JobFailure, type StepContext, type Workspace } from '../step-context.ts';
import { readGitTree } from './git-tree.ts';
import { readRefs } from './refs.ts';

/** A person waits for it: less than a build may take. */
export const LOOK_LIMITS: SourceLimits = {
  ...SOURCE_LIMITS,
  fetchBytes: 512 * 1024 ** 2,
  fetchMs: 60_000,
  retryMs: [1_000],
};

/** A list of branches is read as far as this, in bytes. */
const MOST_REFS_BYTES = 1024 ** 2;

const MESSAGE_LENGTH = 500;

export interface LookOptions {
  readonly allowPrivateSources: boolean;
  readonly mask: Mask;
  readonly limits?: SourceLimits;
}

/**
 * Takes what is to be looked at and folders of its own, which the caller removes.
 * @throws {JobFailure} `source_unavailable`, `source_invalid` or `settings_invalid`; the reason of `ctx.signal` if it
 * aborts.
 */
export async function lookAt(
  task: LookTask,
  workspace: Workspace,
  { allowPrivateSources, mask, limits = LOOK_LIMITS }: LookOptions,
  ctx: StepContext,
): Promise<LookFindings> {
  const { repoUrl, token, access, servers } = task;
  const branch = task.branch ?? DEFAULT_BRANCH;
  const source = { kind: 'git', repoUrl, branch, commit: null, token, rootDirectory: './' } as const;
  const options = { ...reachable(allowPrivateSources), limits, access, isNew: true };
  const remote = new Remote(source, workspace, options, ctx);
  try {
    await remote.open('sha1');
    if (task.branch === null) await fetchDefault(remote);
    else await fetchBranch(remote, source, 1);
    const commit = await remote.must(['rev-parse', '--verify', 'FETCH_HEAD^{commit}']);
    const message = await remote.must([
      'log',
      '-1',
      '--no-show-signature',
      '--encoding=UTF-8',
      '--format=%s',
      commit,
    ]);
    const refs = readRefs(await listRefs(remote));
    const git = async (args: readonly string[], given: Parameters<Remote['git']>[1]) => {
      const { code, stderr } = await remote.git(args, given);
      if (code > 0) throw gitFailure(readTrouble(stderr), remote.subject, stderr);
    };
    const tree = await readGitTree(git, commit, rootParts(task.rootDirectory ?? './').join('/'));
    const { ways, problem } = await findCandidates(rooted(tree, task.rootDirectory), servers);
    return {
      branch: task.branch ?? refs.defaultBranch,
      ...refs,
      branches: [...refs.branches],
      commit: { hash: commit, message: mask(printable(message, MESSAGE_LENGTH)).slice(0, MESSAGE_LENGTH) },
      candidates: {
        ways: ways.map(({ set, plan }) => ({ set, plan: maskedPlan(plan, mask) })),
        problem: problem && {
          message: mask(problem.message).slice(0, 2000),
          hint: problem.hint && mask(problem.hint).slice(0, 2000),
          isAmbiguous: problem.isAmbiguous,
        },
      },
    };
  } finally {
    await remote.close();
  }
}

async function fetchDefault(remote: Remote): Promise<void> {
  const trouble = await remote.fetch(1, DEFAULT_BRANCH);
  if (trouble === null) return;
  throw trouble.kind === 'ref_missing'
    ? noBranchFailure(remote.subject, await remote.branches())
    : gitFailure(trouble.kind, remote.subject, trouble.stderr);
}

/** The server's list of branches, as far as it is read. A look goes on without one. */
async function listRefs(remote: Remote): Promise<string> {
  const list: Buffer[] = [];
  let bytes = 0;
  await remote.refs((chunk) => {
    list.push(chunk);
    bytes += chunk.length;
    return bytes <= MOST_REFS_BYTES;
  });
  return Buffer.concat(list).toString('utf8');
}

/** The tree seen from its root directory: the given one, else what appflux.json at the top says. */
function rooted(tree: SourceTree, given: string | null): SourceTree {
  const parts = rootParts(given ?? './');
  const named = parts.length > 0 ? undefined : manifestRoot(tree);
  const base = named === undefined ? parts.join('/') : joinPath(named);
  if (tree.isFolder(base)) return tree.from(base);
  throw new JobFailure('settings_invalid', say`The repository has no folder ${printable(base, 200)}.`, {
    hint: own('Correct the root directory. Leave it empty for the top of the repository.'),
  });
}

function manifestRoot(tree: SourceTree): string | undefined {
  const text = tree.text(MANIFEST_NAME);
  try {
    return text === null ? undefined : parseManifest(text).rootDirectory;
  } catch (error) {
    // Detection reads the same file and says what is wrong with it.
    if (error instanceof DetectionFailure) return undefined;
    throw error;
  }
}
