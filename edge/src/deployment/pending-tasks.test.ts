import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { newObjectId } from '../metadata/object-id.ts';
import { PendingTasks } from './pending-tasks.ts';
import type { Task } from './timers.ts';

/** Pending tasks of an object of their own; each of them ends when the test resolves `done`. */
function inAnObject(
  work: (tasks: PendingTasks, done: PromiseWithResolvers<'done'>, begun: Task[]) => Promise<void>,
) {
  const stub = env.DEPLOYMENTS.getByName(newObjectId());
  return runInDurableObject(stub, async (_, ctx) => {
    const done = Promise.withResolvers<'done'>();
    const begun: Task[] = [];
    const perform = (task: Task) => {
      begun.push(task);
      return done.promise;
    };
    const tasks = new PendingTasks(ctx, {
      name: () => 'a test',
      perform,
      onChange: () => undefined,
      isUnconfirmed: () => false,
    });
    tasks.createTables();
    await work(tasks, done, begun);
  });
}

test('the end waits for running tasks, and starts none', () =>
  inAnObject(async (tasks, done, begun) => {
    const archiving = tasks.run('archive');
    let isOver = false;
    const end = tasks.end().then(() => {
      isOver = true;
    });
    await tasks.run('publish');
    expect(begun).toEqual(['archive']);
    expect(isOver).toBe(false);
    done.resolve('done');
    await end;
    await archiving;
  }));

test('a running task that fails ends as well', () =>
  inAnObject(async (tasks, done) => {
    const archiving = tasks.run('archive');
    const end = tasks.end();
    done.reject(new Error('storage is down'));
    await end;
    await archiving;
  }));

test('with nothing running it ends immediately', () => inAnObject((tasks) => tasks.end()));

test('a clock that is set back keeps no task waiting', () =>
  inAnObject(async (tasks, done, begun) => {
    const now = Date.now();
    tasks.add('offer', now);
    const before = now - 3_600_000;
    expect(tasks.next(now)).toBeGreaterThan(now);
    expect(tasks.next(before)).toBe(before);
    done.resolve('done');
    await tasks.runDue(now);
    expect(begun).toEqual([]);
    await tasks.runDue(before);
    expect(begun).toEqual(['offer']);
  }));

test('an event has no row while all goes well, and one when it could not be delivered', async () => {
  const stub = env.DEPLOYMENTS.getByName(newObjectId());
  await runInDurableObject(stub, async (_, ctx) => {
    const now = Date.now();
    let outcome: 'done' | 'unconfirmed' = 'done';
    let unconfirmed = true;
    const open = () =>
      new PendingTasks(ctx, {
        name: () => 'a test',
        perform: async () => outcome,
        onChange: () => undefined,
        isUnconfirmed: () => unconfirmed,
      });
    const rows = () => ctx.storage.sql.exec<{ tries: number }>('SELECT tries FROM timers').toArray();
    const tasks = open();
    tasks.createTables();
    tasks.add('publish', now);
    expect(tasks.next(now)).toBe(now + 30_000);
    // The clock was set back by an hour.
    expect(tasks.next(now - 3_600_000)).toBe(now - 3_600_000);
    expect(rows()).toEqual([]);
    // Another object is opened for the same deployment, which finds it unconfirmed.
    expect(open().next(now)).toBe(now);
    outcome = 'unconfirmed';
    await tasks.run('publish');
    expect(rows()).toHaveLength(1);
    expect(open().next(now)).toBeGreaterThan(now);
    outcome = 'done';
    unconfirmed = false;
    await tasks.run('publish');
    expect(rows()).toEqual([]);
    expect([tasks.next(now), open().next(now)]).toEqual([null, null]);
  });
});
