import type { Env } from '../env.ts';
import { type ObjectOf, type ObjectStub, objectStub } from './stub.ts';

/** The pool of a team's runners. */
export const poolOf = (env: Pick<Env, 'POOLS'>, ownerId: string): ObjectStub<ObjectOf<Env['POOLS']>> =>
  objectStub(() => env.POOLS.getByName(ownerId), {
    offer: 'repeat',
    withdraw: 'repeat',
    depth: 'repeat',
    load: 'repeat',
    waitingReason: 'repeat',
    overview: 'repeat',
    online: 'repeat',
    drain: 'repeat',
    register: 'repeat',
    revoke: 'repeat',
  });
