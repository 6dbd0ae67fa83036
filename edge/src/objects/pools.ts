import type { Env } from '../env.ts';
import { type ObjectOf, type ObjectStub, objectStub } from './stub.ts';

/** The pool of a team's runners. */
export const poolOf = (env: Pick<Env, 'POOLS'>, ownerId: string): ObjectStub<ObjectOf<Env['POOLS']>> =>
  objectStub(() => env.POOLS.getByName(ownerId), {
    offer: 'repeat',
    picture: 'repeat',
    hasPicture: 'repeat',
    pictureEnded: 'repeat',
    withdraw: 'repeat',
    depth: 'repeat',
    load: 'repeat',
    figures: 'repeat',
    waitingReason: 'repeat',
    overview: 'repeat',
    online: 'repeat',
    look: 'repeat',
    lookOf: 'repeat',
    drain: 'repeat',
    register: 'repeat',
    revoke: 'repeat',
  });
