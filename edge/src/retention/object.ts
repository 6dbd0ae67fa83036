/**
 * The Durable Object that remembers how far the cron's sweep has come. Others of its kind, which remember nothing, remove
 * what is too much for one request: each may ask as much of others as the request itself.
 */
import { DurableObject } from 'cloudflare:workers';
import type { BackupStatus } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import type { Round } from './round.ts';

/** Deployments that are removed at the same time. */
const AT_ONCE = 20;

const stubOf = (env: Pick<Env, 'SWEEP'>, name: string): ObjectStub<SweepObject> =>
  objectStub(() => env.SWEEP.getByName(name), {
    round: 'repeat',
    note: 'repeat',
    backup: 'repeat',
    noteBackup: 'repeat',
    destroyDeployments: 'repeat',
  });

/** The one object of an instance that remembers the sweep. */
export const sweepOf = (env: Pick<Env, 'SWEEP'>) => stubOf(env, 'sweep');

/** An object that removes what an App has. */
export const removerOf = (env: Pick<Env, 'SWEEP'>, appId: string) => stubOf(env, appId);

export class SweepObject extends DurableObject<Env> {
  /** The last round, or null before there was one. */
  async round(): Promise<Round | null> {
    return (await this.ctx.storage.get<Round>('round')) ?? null;
  }

  async note(round: Round): Promise<void> {
    await this.ctx.storage.put('round', round);
  }

  /** How the instance's backups go, as was last reported; null before anything was. */
  async backup(): Promise<BackupStatus | null> {
    return (await this.ctx.storage.get<BackupStatus>('backup')) ?? null;
  }

  /** What a report leaves out stays as it was, unless it is about another backup. */
  async noteBackup(status: BackupStatus): Promise<void> {
    const before = await this.backup();
    const same = before !== null && before.target === status.target ? before : null;
    const { verifiedAt = same?.verifiedAt ?? null, bytes = same?.bytes ?? null } = status;
    await this.ctx.storage.put<BackupStatus>('backup', { ...status, verifiedAt, bytes });
  }

  /** Removes these deployments, 100 at most, with all that they have in storage; false when not all of them could be. */
  async destroyDeployments(ids: readonly string[]): Promise<boolean> {
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const removed = await Promise.all(some.map((id) => deploymentOf(this.env, id).destroy()));
      if (removed.includes(false)) return false;
    }
    return true;
  }
}
