/** The history of a repository: as much as the app asks for, and all of it where the project's own commands need it. */
import { own, say } from '../../../masking/sentence.ts';
import { JobFailure, type StepContext } from '../../../step-context.ts';
import { historyCall } from '../../history-calls.ts';
import type { Remote } from './remote.ts';

/** Files that hold a project's commands. */
const FILES = [
  'package.json',
  'appflux.json',
  'Makefile',
  'build.gradle',
  'build.gradle.kts',
  'app/build.gradle',
  'app/build.gradle.kts',
];
const FILE_BYTES = 256 * 1024;

export interface HistoryQuestion {
  /** The whole name of the commit that is checked out. */
  readonly id: string;
  /** The app's root directory, with slashes, without one at its end; empty for the top. */
  readonly root: string;
  /** The app's own commands. */
  readonly commands: readonly string[];
}

/**
 * Fetches the whole history, with the tags that lead to it, if a command of the project or the app needs it. A history
 * that can't be had costs no build: the log says so.
 * @returns whether the repository is still a shallow one.
 */
export async function fetchHistoryIfCalled(
  remote: Remote,
  question: HistoryQuestion,
  ctx: StepContext,
): Promise<boolean> {
  const call = await findCall(remote, question);
  if (call === null) return true;
  ctx.log(say`${call.where} runs \`${call.command}\`, which needs the repository’s history. Fetching it.`);
  try {
    const trouble = await remote.fetch('full', question.id);
    if (trouble === null) return false;
    ctx.log(
      say`The history could not be fetched (${own(trouble.kind)}): counts, dates and tags can be wrong.`,
    );
  } catch (error) {
    if (ctx.signal.aborted || !(error instanceof JobFailure)) throw error;
    ctx.log(say`The history is not fetched: ${error.message} Counts, dates and tags can be wrong.`);
  }
  return true;
}

async function findCall(
  remote: Remote,
  { id, root, commands }: HistoryQuestion,
): Promise<{ where: string; command: string } | null> {
  for (const command of commands) {
    const call = historyCall(command);
    if (call !== null) return { where: 'A command of the app', command: call };
  }
  const folders = new Set([root, '']);
  for (const folder of folders) {
    for (const name of FILES) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const call = historyCall(await blob(remote, `${id}:${path}`));
      if (call !== null) return { where: path, command: call };
    }
  }
  return null;
}

/** The text of a file in a commit, from the repository itself; empty if there is none or it is too large. */
async function blob(remote: Remote, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const outcome = await remote.git(['cat-file', 'blob', name], {
    onOutput: (chunk) => {
      chunks.push(chunk);
      bytes += chunk.length;
      return bytes <= FILE_BYTES;
    },
  });
  return outcome.code === 0 ? Buffer.concat(chunks).toString('utf8') : '';
}
