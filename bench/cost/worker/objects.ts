/** Objects that count the calls of the platform and their writes. */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../../../edge/src/env.ts';
import { Awake, watchTimers } from './awake.ts';
import { countingEnv } from './bindings.ts';
import { count, countCursor, countRows } from './counts.ts';
import { tracing } from './trips.ts';

type ObjectClass = new (ctx: DurableObjectState, env: Env) => object;

/**
 * The same class, counting. It is named by the caller's export, as the platform requires; `kind` is that name, which a
 * bundler may have changed in the class itself. The base class accepts only
 * the platform's own state, so storage is counted on its prototypes.
 */
export function counting<Base extends ObjectClass>(base: Base, kind: string): Base {
  const Parent: ObjectClass = base;
  const awake = new WeakMap<object, Awake>();
  class Counting extends Parent {
    constructor(ctx: DurableObjectState, env: Env) {
      watch(ctx);
      super(ctx, countingEnv(env));
      awake.set(this, awakeOf(ctx));
    }
  }
  for (const name of methodsOf(base)) {
    const inherited: unknown = base.prototype[name];
    if (name === 'constructor' || typeof inherited !== 'function') continue;
    const what = COUNTED[name];
    Object.defineProperty(Counting.prototype, name, {
      value(...args: unknown[]) {
        if (what !== undefined) count(what);
        const work = () => tracing(`${kind}.${name}`, () => inherited.apply(this, args));
        return awake.get(this)?.run(work) ?? work();
      },
    });
  }
  return Counting as unknown as Base;
}

/** The names of a class's methods, those among them that it inherits from classes of ours. */
function methodsOf(base: ObjectClass): Set<string> {
  const names = new Set<string>();
  for (
    let prototype = base.prototype;
    prototype !== DurableObject.prototype && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const name of Object.getOwnPropertyNames(prototype)) names.add(name);
  }
  return names;
}

/** Handlers that are billed by the call. Calls through stubs are counted where they are made. */
const COUNTED: Readonly<Record<string, 'alarms' | 'socketMessages'>> = {
  alarm: 'alarms',
  webSocketMessage: 'socketMessages',
};

const awakes = new WeakMap<DurableObjectState, Awake>();

function awakeOf(ctx: DurableObjectState): Awake {
  const awake = awakes.get(ctx) ?? new Awake();
  awakes.set(ctx, awake);
  return awake;
}

const watched = new WeakSet<object>();

/** Counts on the prototypes that all objects' states share; only the first object has to do it. */
function watch(ctx: DurableObjectState): void {
  const { storage } = ctx;
  const rows = prototypeOf(storage.sql);
  const alarms = prototypeOf(storage);
  if (watched.has(rows)) return;
  watched.add(rows);
  watchTimers();
  const states = prototypeOf(ctx);
  const { waitUntil } = states;
  states.waitUntil = function (this: DurableObjectState, promise: Promise<unknown>) {
    awakeOf(this).until(promise);
    waitUntil.call(this, promise);
  };
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
  // In an object with SQLite, the key-value methods read and write rows of a table, and are billed as such:
  // https://developers.cloudflare.com/durable-objects/platform/pricing/. Rows that are read are not counted.
  for (const name of ['put', 'delete'] as const) {
    const method = alarms[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(alarms, name, {
      value(this: DurableObjectStorage, ...args: unknown[]) {
        countRows(
          `the storage's ${name}`,
          typeof args[0] === 'object' ? Object.keys(args[0] ?? {}).length : 1,
        );
        return method.apply(this, args);
      },
    });
  }
}

const prototypeOf = <Instance extends object>(instance: Instance): Instance =>
  Object.getPrototypeOf(instance);
