import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { createD1Metadata } from '../d1/index.ts';
import { newObjectId } from '../object-id.ts';
import { appRecord, deploymentRecord } from '../testing/sample-records.ts';
import { createShardedMetadata } from './index.ts';
import { leastFull } from './least-full.ts';
import { markedId, markOf } from './mark.ts';
import { breaking } from './testing/breaking.ts';
import { DATABASES, emptyDatabases } from './testing/databases.ts';

const MIB = 1024 ** 2;

describe('ids', () => {
  test('a new id says its database, and is an ObjectId of its second with 56 random bits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 0, max: 4_294_967_295 }),
        (number, second) => {
          const ids = Array.from({ length: 20 }, () => markedId(number, second * 1000));
          for (const id of ids) {
            expect(id).toMatch(/^[0-9a-f]{24}$/);
            expect(Number.parseInt(id.slice(0, 8), 16)).toBe(second);
            expect(markOf(id)).toBe(number);
          }
          expect(new Set(ids.map((id) => id.slice(8, 22))).size).toBe(20);
        },
      ),
    );
  });

  test('an id of an earlier version says almost always the first database', () => {
    const others = Array.from({ length: 20_000 }, () => newObjectId()).filter((id) => markOf(id) > 0).length;
    expect(others / 20_000).toBeGreaterThan(0.01);
    expect(others / 20_000).toBeLessThan(0.05);
  });
});

describe('the database for a new team', () => {
  test('is about the least full, and the directory only once the others have a gigabyte more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 10_000 * MIB }), { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (sizes, random) => {
          const weights = sizes.map((bytes, number) => (number === 0 ? bytes + 1024 * MIB : bytes));
          const chosen = leastFull(sizes, random);
          expect(weights[chosen]).toBeLessThanOrEqual(Math.min(...weights) + 512 * MIB);
        },
      ),
    );
    expect(leastFull([0, 100, 200], 0)).toBe(1);
    expect(leastFull([0, 100, 200], 0.99)).toBe(2);
    expect(leastFull([0, 2000 * MIB], 0.5)).toBe(0);
    expect(leastFull([5], 0.5)).toBe(0);
  });

  test('is never one that is not bound', () => {
    expect(leastFull([9000 * MIB, Number.POSITIVE_INFINITY, 9000 * MIB], 0.1)).toBe(2);
  });
});

describe('finding a deployment', () => {
  beforeEach(emptyDatabases);

  /** An app, and how many calls of a database reading one of its deployments takes in a Worker that knows nothing yet. */
  async function callsToFind(number: number, id: string): Promise<number> {
    const metadata = createShardedMetadata(DATABASES, () => number);
    const app = appRecord();
    await metadata.apps.insert(app);
    await metadata.deployments.project(deploymentRecord(app, { id }), 1);
    const counted = breaking(DATABASES, 0, 'before');
    const fresh = createShardedMetadata(counted.databases);
    expect((await fresh.deployments.byId(id))?.id).toBe(id);
    return counted.calls();
  }

  test('takes one call if its id says where it is', async () => {
    for (const number of [0, 1, 2]) expect(await callsToFind(number, markedId(number))).toBe(1);
  });

  test('works for ids that say something else, or a database that there is not', async () => {
    for (const number of [0, 1, 2])
      for (const marked of [0, 1, 2, 7]) {
        if (marked !== number) expect(await callsToFind(number, markedId(marked))).toBeLessThanOrEqual(3);
      }
  });

  test('that is not there is null everywhere', async () => {
    const metadata = createShardedMetadata(DATABASES);
    for (const number of [0, 1, 2, 7]) {
      const id = markedId(number);
      expect(await metadata.deployments.byId(id)).toBe(null);
      expect(await metadata.sites.byDeployment(id)).toBe(null);
      expect(await metadata.deployments.pin(id, true)).toBe(false);
      expect(await metadata.details.of(id)).toEqual({ notes: null, icon: null });
      expect(await metadata.downloads.ofDeployment(id)).toEqual([]);
    }
  });

  test('a new id of a team is marked for its database', async () => {
    const metadata = createShardedMetadata(DATABASES, () => 2);
    expect(markOf(await metadata.newIdFor(newObjectId()))).toBe(2);
  });
});

test('a database that is no longer bound is an error that says what to do, and the instance is not well', async () => {
  await emptyDatabases();
  const app = appRecord();
  await createShardedMetadata(DATABASES, () => 2).apps.insert(app);
  const fewer = createShardedMetadata(DATABASES.slice(0, 2) as unknown as typeof DATABASES);
  await expect(fewer.deployments.list({ ownerId: app.ownerId }, { limit: 1 })).rejects.toMatchObject({
    code: 'unavailable',
    hint: expect.stringContaining('metadata_databases to 3 or more'),
  });
  await expect(createD1Metadata(DATABASES[0]).ping()).rejects.toMatchObject({ code: 'unavailable' });
});
