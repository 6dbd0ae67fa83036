/** The backup before an upgrade. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { calledIn } from '../backup/arguments.ts';
import { readStatus, type Status } from '../backup/status.ts';
import { absoluteTarget } from '../backup/store/open.ts';
import { lastLines, StackProblem } from '../problem.ts';
import { BACKUP_SECRETS } from '../settings.ts';
import type { Running } from './running.ts';

/**
 * The arguments of the backup command: a target as asked for, or the schedule's with its bucket's keys, or where the last
 * backup went; null if none is known. Pure.
 */
export function backupArguments(
  asked: string | null,
  { schedule, last }: Pick<Status, 'schedule' | 'last'>,
): string[] | null {
  if (asked !== null) return [asked];
  if (schedule !== null) return ['--scheduled'];
  return last?.target == null ? null : [last.target];
}

/** How the version that runs is called to make a backup. */
export interface BackupCall {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Finds out where a backup goes, and by which program.
 * @throws StackProblem `upgrade_refused` if it is not known where to, or the version can make none
 */
export async function planBackup(
  root: string,
  { state }: Pick<Running, 'state'>,
  asked: string | null,
): Promise<BackupCall> {
  const absolute = asked === null ? null : absoluteTarget(asked, calledIn(process.env));
  const args = backupArguments(absolute, await readStatus(state));
  const program = join(root, 'stack', 'backup.ts');
  if (args !== null && existsSync(program)) return { program, args };
  throw new StackProblem(
    'upgrade_refused',
    args === null ? 'It is not known where to make a backup' : 'This version can make no backup',
    'name a target with --backup TARGET, or upgrade without one with --no-backup; a failed upgrade goes back either way',
  );
}

/**
 * Makes a backup with the version that runs. Returns its last line.
 * @throws StackProblem `upgrade_refused` if it fails
 */
export async function backUpFirst(
  root: string,
  { env, user }: Running,
  { program, args }: BackupCall,
): Promise<string> {
  const { failed, all } = await execa(process.execPath, [program, ...args], {
    cwd: root,
    env: { ...env, ...secretsOf(process.env) },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    ...user,
  });
  if (!failed) return lastLines(all, 1);
  throw new StackProblem(
    'upgrade_refused',
    `The backup failed (${lastLines(all)})`,
    'nothing was changed; "npm run backup" has the same options, and --no-backup upgrades without one',
  );
}

/** What opens a backup may be given to the upgrade only. */
const secretsOf = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(BACKUP_SECRETS.flatMap((name) => (env[name] ? [[name, env[name]] as const] : [])));
