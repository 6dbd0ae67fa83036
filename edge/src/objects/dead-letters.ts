import type { Env } from '../env.ts';
import { type ObjectOf, type ObjectStub, objectStub } from './stub.ts';

/** The one object of an instance. */
export const deadLettersOf = (env: Pick<Env, 'DEAD_LETTERS'>): ObjectStub<ObjectOf<Env['DEAD_LETTERS']>> =>
  objectStub(() => env.DEAD_LETTERS.getByName('all'), {
    add: 'repeat',
    list: 'repeat',
    count: 'repeat',
    forget: 'repeat',
    // Repeated, it would find nothing to replay and say so.
    replay: 'once',
  });
