import type { Env } from '../env.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import type { PoolObject } from './pool.ts';

/** The pool of a team's runners. */
export const poolOf = (env: Pick<Env, 'POOLS'>, ownerId: string): ObjectStub<PoolObject> =>
  objectStub(() => env.POOLS.getByName(ownerId), {
    offer: 'repeat',
    withdraw: 'repeat',
    depth: 'repeat',
    waitingReason: 'repeat',
    online: 'repeat',
    drain: 'repeat',
    register: 'repeat',
    revoke: 'repeat',
  });
