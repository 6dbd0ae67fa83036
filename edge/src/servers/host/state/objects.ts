/** How the objects of state are called: a call that a reset interrupts is repeated where that changes nothing. */
import { type ObjectStub, objectStub } from '../../../objects/stub.ts';
import type { StateEnv } from './env.ts';
import { isRead } from './gate.ts';
import type { StateIndexObject } from './index-object.ts';
import type { ServerStateObject } from './object.ts';
import { objectName, type StatePlace } from './place.ts';

/** The object of one binding. Statements that may write are sent once: an INSERT is not the same twice. */
export const stateOf = (
  env: Pick<StateEnv, 'SERVER_STATE'>,
  place: StatePlace,
): ObjectStub<ServerStateObject> => {
  const name = objectName(place);
  return objectStub<ServerStateObject>(() => env.SERVER_STATE.getByName(name), {
    read: 'repeat',
    write: 'repeat',
    remove: 'repeat',
    list: 'repeat',
    run: (_, statements) => statements.every(({ sql }) => isRead(sql)),
    usage: 'repeat',
    export: 'repeat',
    destroy: 'repeat',
  });
};

/** What knows the bindings of an App. */
export const indexOf = (env: Pick<StateEnv, 'STATE_INDEX'>, appId: string): ObjectStub<StateIndexObject> =>
  objectStub<StateIndexObject>(() => env.STATE_INDEX.getByName(appId), {
    admit: 'repeat',
    usage: 'repeat',
    kindOf: 'repeat',
    removeBinding: 'repeat',
    removeAll: 'repeat',
  });
