import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { newObjectId } from '../metadata/object-id.ts';
import { Chores } from './chores.ts';
import type { Chore } from './timers.ts';

/** Chores of an object of their own, each of which is done when the test says so. */
function inAnObject(
  work: (chores: Chores, done: PromiseWithResolvers<'done'>, begun: Chore[]) => Promise<void>,
) {
  const stub = env.DEPLOYMENTS.getByName(newObjectId());
  return runInDurableObject(stub, async (_, ctx) => {
    const done = Promise.withResolvers<'done'>();
    const begun: Chore[] = [];
    const perform = (chore: Chore) => {
      begun.push(chore);
      return done.promise;
    };
    await work(new Chores(ctx, { name: () => 'a test', perform, onChange: () => undefined }), done, begun);
  });
}

test('the end waits for what is under way, so that it can be undone, and lets nothing begin', () =>
  inAnObject(async (chores, done, begun) => {
    const archiving = chores.do('archive');
    let isOver = false;
    const end = chores.end().then(() => {
      isOver = true;
    });
    await chores.do('publish');
    expect(begun).toEqual(['archive']);
    expect(isOver).toBe(false);
    done.resolve('done');
    await end;
    await archiving;
  }));

test('what is under way and fails ends as well', () =>
  inAnObject(async (chores, done) => {
    const archiving = chores.do('archive');
    const end = chores.end();
    done.reject(new Error('storage is down'));
    await end;
    await archiving;
  }));

test('with nothing under way it is over at once', () => inAnObject((chores) => chores.end()));
