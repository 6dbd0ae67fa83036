/**
 * The Durable Object that knows whether the instance is in maintenance. Pools ask it before they hand out a job, so it is
 * independent of metadata: builds go on while that is away.
 */
import { DurableObject } from 'cloudflare:workers';
import type { MaintenanceNotice, SetMaintenance } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';

/** The one object of an instance. */
export const maintenanceOf = (env: Pick<Env, 'MAINTENANCE'>): ObjectStub<MaintenanceObject> =>
  objectStub(() => env.MAINTENANCE.getByName('all'), { notice: 'repeat', set: 'repeat' });

export class MaintenanceObject extends DurableObject<Env> {
  /** Since when the instance is in maintenance, and why; null if it isn't. */
  async notice(): Promise<MaintenanceNotice | null> {
    return (await this.ctx.storage.get<MaintenanceNotice>('notice')) ?? null;
  }

  /** Turns maintenance on or off. While it is on, a new reason replaces the old one and `since` stays. */
  async set({ on, reason }: SetMaintenance, now: string): Promise<MaintenanceNotice | null> {
    if (!on) {
      await this.ctx.storage.delete('notice');
      return null;
    }
    const { since } = (await this.notice()) ?? { since: now };
    const notice: MaintenanceNotice = { since, reason: reason ?? null };
    await this.ctx.storage.put('notice', notice);
    return notice;
  }
}
