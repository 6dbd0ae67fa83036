/** The Durable Object that remembers how far the cron's sweep has come. */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import type { Round } from './round.ts';

/** The one object of an instance. */
export const sweepOf = (env: Pick<Env, 'SWEEP'>): ObjectStub<SweepObject> =>
  objectStub(() => env.SWEEP.getByName('sweep'), { round: 'repeat', note: 'repeat' });

export class SweepObject extends DurableObject<Env> {
  /** The last round, or null before there was one. */
  async round(): Promise<Round | null> {
    return (await this.ctx.storage.get<Round>('round')) ?? null;
  }

  async note(round: Round): Promise<void> {
    await this.ctx.storage.put('round', round);
  }
}
