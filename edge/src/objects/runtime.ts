import type { Env } from '../env.ts';
import { type ObjectOf, type ObjectStub, objectStub } from './stub.ts';

/** The log, the counts and the crons of an app's servers. A batch has an id, so it may be sent again. */
export const runtimeOf = (env: Pick<Env, 'RUNTIME'>, appId: string): ObjectStub<ObjectOf<Env['RUNTIME']>> =>
  objectStub(() => env.RUNTIME.getByName(appId), {
    append: 'repeat',
    refreshCrons: 'repeat',
    page: 'repeat',
    analytics: 'repeat',
    destroy: 'repeat',
  });
