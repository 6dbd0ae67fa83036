/** Objects that count what the platform asks of them and what they write. */
import type { Env } from '../../../edge/src/env.ts';
import { countingEnv } from './bindings.ts';
import { count, countCursor } from './counts.ts';

type ObjectClass = new (ctx: DurableObjectState, env: Env) => object;

/**
 * The same class, counting. It is named by the caller's export, as the platform wants it. The base class insists on
 * the platform's own state, so what is counted there is counted on the prototypes of its storage.
 */
export function counting<Base extends ObjectClass>(base: Base): Base {
  const Parent: ObjectClass = base;
  class Counting extends Parent {
    constructor(ctx: DurableObjectState, env: Env) {
      watch(ctx.storage);
      super(ctx, countingEnv(env));
    }
  }
  for (const [handler, what] of [
    ['alarm', 'alarms'],
    ['webSocketMessage', 'socketMessages'],
  ] as const) {
    const inherited = base.prototype[handler];
    if (inherited === undefined) continue;
    Object.defineProperty(Counting.prototype, handler, {
      value(...args: unknown[]) {
        count(what);
        return inherited.apply(this, args);
      },
    });
  }
  return Counting as unknown as Base;
}

const watched = new WeakSet<object>();

/** Counts on the prototypes that all objects' storages share; the second object finds it done. */
function watch(storage: DurableObjectStorage): void {
  const rows = prototypeOf(storage.sql);
  const alarms = prototypeOf(storage);
  if (watched.has(rows)) return;
  watched.add(rows);
  const { exec } = rows;
  rows.exec = function (this: SqlStorage, ...args: Parameters<SqlStorage['exec']>) {
    const cursor = exec.apply(this, args);
    countCursor(args[0], cursor);
    return cursor;
  } as SqlStorage['exec'];
  const { setAlarm } = alarms;
  alarms.setAlarm = function (this: DurableObjectStorage, ...args: Parameters<typeof setAlarm>) {
    count('alarmsSet');
    return setAlarm.apply(this, args);
  };
  for (const name of ['put', 'get', 'delete', 'list'] as const) {
    alarms[name] = () => {
      throw new Error(`the storage's ${name} is not counted yet`);
    };
  }
}

const prototypeOf = <Instance extends object>(instance: Instance): Instance =>
  Object.getPrototypeOf(instance);
