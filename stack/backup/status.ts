/** What an instance keeps about its backups, beside its state: keys of backups, a schedule, and how the last one went. */
import { chown, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StackProblem } from '../problem.ts';
import { S3Server } from './store/s3-server.ts';

const Schedule = z.strictObject({
  /** When, in the machine's time: a cron expression. */
  cron: z.string(),
  /** An absolute path, or `s3://bucket/prefix`. */
  target: z.string(),
  /** The server of a bucket, and its keys. */
  s3: S3Server.optional(),
  keep: z.int().min(1).optional(),
  /** When it was set. */
  since: z.iso.datetime(),
});
export type Schedule = z.infer<typeof Schedule>;

const Last = z.strictObject({
  /** The moment that the newest snapshot shows. */
  succeededAt: z.iso.datetime().nullable(),
  /** Where that snapshot lies. */
  target: z.string().nullable(),
  /** Why the last attempt failed; null when it went well. */
  error: z.string().nullable(),
  triedAt: z.iso.datetime(),
});
export type Last = z.infer<typeof Last>;

const Status = z.strictObject({
  /** The age identities of backups, by the backup's id: with them later snapshots need no passphrase. */
  keys: z.record(z.string(), z.string()).default({}),
  schedule: Schedule.nullable().default(null),
  last: Last.nullable().default(null),
});
export type Status = z.infer<typeof Status>;

const pathOf = (state: string) => join(state, 'backup.json');

/** What is kept. @throws StackProblem `state_unusable` when the file is damaged or another user's */
export async function readStatus(state: string): Promise<Status> {
  const path = pathOf(state);
  try {
    return Status.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') return Status.parse({});
    if (code !== undefined) {
      throw new StackProblem(
        'state_unusable',
        `${path} cannot be read (${code})`,
        'give it to the user that the instance runs as',
        { cause },
      );
    }
    throw new StackProblem(
      'state_unusable',
      `${path} is damaged`,
      'remove it; the next backup then needs the passphrase again, and the schedule has to be set again',
      { cause },
    );
  }
}

/** Changes what is kept. The file is replaced whole, and only the instance's user can read it, even if root makes a backup. */
export async function changeStatus(state: string, change: Partial<Status>): Promise<void> {
  const status = { ...(await readStatus(state)), ...change };
  const path = pathOf(state);
  const aside = `${path}.${process.pid}`;
  await writeFile(aside, `${JSON.stringify(status, null, 2)}\n`, { mode: 0o600, flush: true });
  const { uid, gid } = await stat(state);
  if (process.getuid?.() === 0) await chown(aside, uid, gid);
  await rename(aside, path);
}
