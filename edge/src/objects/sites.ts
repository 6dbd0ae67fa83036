import type { Env } from '../env.ts';
import { type ObjectOf, type ObjectStub, objectStub } from './stub.ts';

/** The store of an app's published sites. Each call names what it is about, so any may be repeated. */
export const sitesOf = (env: Pick<Env, 'SITES'>, appId: string): ObjectStub<ObjectOf<Env['SITES']>> =>
  objectStub(() => env.SITES.getByName(appId), {
    expect: 'repeat',
    base: 'repeat',
    publish: 'repeat',
    adopt: 'repeat',
    drop: 'repeat',
    discard: 'repeat',
    remove: 'repeat',
    removeAll: 'repeat',
    destroy: 'repeat',
  });
