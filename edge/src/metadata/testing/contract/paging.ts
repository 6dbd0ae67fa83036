import type { Page, PageQuery } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_PAGE_BYTES } from '../../../limits/platform.ts';
import type { Metadata } from '../../metadata.ts';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord, auditRecord, deploymentRecord, memberRecord, tokenRecord } from '../sample-records.ts';

interface PagedList {
  /** Adds one item of that owner, created at `at` or else a moment after the item before; gives its id. */
  add(metadata: Metadata, ownerId: string, at?: string): Promise<string>;
  remove?(metadata: Metadata, ownerId: string, id: string): Promise<unknown>;
  list(metadata: Metadata, ownerId: string, page: PageQuery): Promise<Page<{ id: string }>>;
}

const created = (at: string | undefined) => (at === undefined ? {} : { createdAt: at });

const LISTS: Record<string, PagedList> = {
  apps: {
    async add({ apps }, ownerId, at) {
      const app = appRecord({ ownerId, ...created(at) });
      await apps.insert(app);
      return app.id;
    },
    remove: ({ apps }, _ownerId, id) => apps.delete(id),
    list: ({ apps }, ownerId, page) => apps.list(ownerId, page),
  },
  deployments: {
    async add({ apps, deployments }, ownerId, at) {
      const app = appRecord({ ownerId });
      await apps.insert(app);
      const record = deploymentRecord(app, created(at));
      await deployments.project(record, 1);
      return record.id;
    },
    remove: ({ deployments }, _ownerId, id) => deployments.delete([id]),
    list: ({ deployments }, ownerId, page) => deployments.list({ ownerId, status: 'queued' }, page),
  },
  'deployments with content': {
    async add({ apps, deployments }, appId, at) {
      const known = await apps.byId(appOf(appId));
      const app = known ?? appRecord({ id: appOf(appId), slug: `app-${appId}` });
      if (known === null) await apps.insert(app);
      const record = deploymentRecord(app, created(at));
      await deployments.project(record, 1);
      return record.id;
    },
    list: ({ deployments }, appId, page) => deployments.withContent(appOf(appId), page),
  },
  'apps that were searched for': {
    async add({ apps }, ownerId, at) {
      const app = appRecord({ ownerId, ...created(at) });
      await apps.insert(app);
      return app.id;
    },
    list: ({ apps }, ownerId, page) => apps.list(ownerId, page, 'my app'),
  },
  tokens: {
    async add({ tokens }, ownerId, at) {
      const token = tokenRecord({ ownerId, ...created(at) });
      await tokens.insert(token);
      return token.id;
    },
    remove: ({ tokens }, ownerId, id) => tokens.delete(ownerId, 'api', id),
    list: ({ tokens }, ownerId, page) => tokens.list(ownerId, 'api', page),
  },
  members: {
    async add({ members }, teamId, at) {
      const member = memberRecord({ teamId, ...created(at) });
      await members.insert(member);
      return member.id;
    },
    list: ({ members }, teamId, page) => members.list(teamId, page),
  },
  'the audit log': {
    async add({ audit }, ownerId, at) {
      const record = auditRecord({ ownerId, ...(at === undefined ? {} : { at }) });
      await audit.append(record);
      return record.id;
    },
    list: ({ audit }, ownerId, page) => audit.list(ownerId, page),
  },
};

/** The id of the one app that such an owner has. */
const appOf = (ownerId: string) => ownerId.replaceAll('-', '').slice(0, 24);

/** All that a list gives, page after page. */
async function visit(
  { list }: PagedList,
  metadata: Metadata,
  ownerId: string,
  limit: number,
): Promise<{ visited: string[]; pages: number }> {
  const visited: string[] = [];
  let pages = 0;
  let cursor: string | null | undefined;
  do {
    pages += 1;
    expect(pages, 'pages before the list came to an end').toBeLessThanOrEqual(100);
    const page = await list(metadata, ownerId, { limit, ...(cursor ? { cursor } : {}) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    visited.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return { visited, pages };
}

export function pagingContract(create: CreateBackend): void {
  describe.each(Object.entries(LISTS))('of %s', (_name, paged) => {
    const { add, remove, list } = paged;
    test('following the cursor visits each item once, newest first, within a second too', async () => {
      const metadata = await create();
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 12 }),
          fc.integer({ min: 1, max: 13 }),
          async (count, limit) => {
            const ownerId = crypto.randomUUID();
            const ids: string[] = [];
            for (let i = 0; i < count; i += 1) ids.unshift(await add(metadata, ownerId));
            await add(metadata, crypto.randomUUID());
            const { visited, pages } = await visit(paged, metadata, ownerId, limit);
            expect(visited).toEqual(ids);
            expect(pages).toBe(Math.max(1, Math.ceil(count / limit)));
          },
        ),
        { numRuns: 15 },
      );
    });

    test('items that were created in the same millisecond are each visited once', async () => {
      const metadata = await create();
      const ownerId = crypto.randomUUID();
      const at = '2026-11-01T12:00:00.007Z';
      const older = await add(metadata, ownerId, '2026-11-01T12:00:00.006Z');
      const same: string[] = [];
      for (let i = 0; i < 7; i += 1) same.push(await add(metadata, ownerId, at));
      const newer = await add(metadata, ownerId, '2026-11-01T12:00:00.008Z');
      const { visited } = await visit(paged, metadata, ownerId, 2);
      expect(visited).toEqual([newer, ...same.sort().reverse(), older]);
    });

    test('items added or removed meanwhile neither repeat nor hide the others', async () => {
      const metadata = await create();
      const ownerId = crypto.randomUUID();
      const third = await add(metadata, ownerId);
      const second = await add(metadata, ownerId);
      const first = await add(metadata, ownerId);
      const page = await list(metadata, ownerId, { limit: 2 });
      expect(page.items.map(({ id }) => id)).toEqual([first, second]);
      await add(metadata, ownerId);
      await remove?.(metadata, ownerId, second);
      const rest = await list(metadata, ownerId, { limit: 2, cursor: page.nextCursor ?? '' });
      expect(rest.items.map(({ id }) => id)).toEqual([third]);
      expect(rest.nextCursor).toBeNull();
    });

    test('a cursor from somebody else’s list is a place in one’s own, and shows nothing of theirs', async () => {
      const metadata = await create();
      const [mine, theirs] = [crypto.randomUUID(), crypto.randomUUID()];
      const older = await add(metadata, mine);
      await add(metadata, theirs);
      await add(metadata, theirs);
      const { nextCursor } = await list(metadata, theirs, { limit: 1 });
      await add(metadata, mine);
      const page = await list(metadata, mine, { limit: 5, cursor: nextCursor ?? '' });
      expect(page.items.map(({ id }) => id)).toEqual([older]);
      expect(page.nextCursor).toBeNull();
    });

    test('a cursor of an earlier version, which is the id of an item, goes on after that item', async () => {
      const metadata = await create();
      const ownerId = crypto.randomUUID();
      const third = await add(metadata, ownerId);
      const second = await add(metadata, ownerId);
      const first = await add(metadata, ownerId);
      const rest = await list(metadata, ownerId, { limit: 5, cursor: first });
      expect(rest.items.map(({ id }) => id)).toEqual([second, third]);
    });

    test('after an item that is gone, such a cursor hides none that was created in its second or before', async () => {
      const metadata = await create();
      const ownerId = crypto.randomUUID();
      const older = await add(metadata, ownerId, '2026-11-01T12:00:01.999Z');
      const same = await add(metadata, ownerId, '2026-11-01T12:00:02.999Z');
      await add(metadata, ownerId, '2026-11-01T12:00:03.000Z');
      const gone = newObjectId(Date.parse('2026-11-01T12:00:02.100Z'));
      const rest = await list(metadata, ownerId, { limit: 5, cursor: gone });
      expect(rest.items.map(({ id }) => id)).toEqual([same, older]);
    });

    test.each([
      '0',
      'zzzzzzzzzzzzzzzzzzzzzzzz',
      "' OR 1=1 --",
      '66F2A1C04B7E9D0012345678',
      // Later than the year 9999.
      `ffffffffffff${'0'.repeat(24)}`,
      `019a3f2b7c00${'g'.repeat(24)}`,
    ])('a cursor that it never gave is refused: %s', async (cursor) => {
      const metadata = await create();
      await expect(list(metadata, crypto.randomUUID(), { limit: 5, cursor })).rejects.toMatchObject({
        code: 'bad_request',
      });
    });
  });

  describe('by size', () => {
    /** As large as a deployment's record becomes. */
    const artifacts = [
      {
        name: 'app.zip',
        key: 'apps/a/d/1/app.zip',
        size: 1,
        sha256: '0'.repeat(64),
        contentType: 'application/zip',
        meta: { facts: 'x'.repeat(950_000) },
      },
    ];

    test('a page of large deployments ends early, and the next one goes on where it ended', async () => {
      const metadata = await create();
      const app = appRecord();
      await metadata.apps.insert(app);
      const ids: string[] = [];
      for (let i = 0; i < 12; i += 1) {
        const record = deploymentRecord(app, { artifacts });
        await metadata.deployments.project(record, 1);
        ids.unshift(record.id);
      }
      const list = (page: PageQuery) => metadata.deployments.list({ ownerId: app.ownerId }, page);
      const first = await list({ limit: 100 });
      expect(first.items.length).toBeGreaterThan(2);
      expect(JSON.stringify(first.items).length).toBeLessThan(MAX_PAGE_BYTES + 2_000_000);
      const visited: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page: Page<{ id: string }> = await list({ limit: 100, ...(cursor ? { cursor } : {}) });
        expect(page.items.length).toBeLessThan(ids.length);
        visited.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      expect(visited).toEqual(ids);
    });

    test('so does a page of apps with many variables, and a walk through all apps', async () => {
      const metadata = await create();
      const { ownerId } = appRecord();
      const sealed = 'x'.repeat(85_000);
      const envVars = Object.fromEntries(
        Array.from({ length: 12 }, (_, n) => [`V${n}`, { sealed, environments: ['production' as const] }]),
      );
      const ids: string[] = [];
      for (let i = 0; i < 8; i += 1) {
        const app = appRecord({ ownerId, envVars });
        await metadata.apps.insert(app);
        ids.unshift(app.id);
      }
      const first = await metadata.apps.list(ownerId, { limit: 100 });
      expect(first.items.length).toBeGreaterThan(2);
      expect(first.items.length).toBeLessThan(8);
      const cursor = first.nextCursor ?? '';
      const rest = await metadata.apps.list(ownerId, { limit: 100, cursor });
      expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
      expect(rest.nextCursor).toBeNull();

      const walked: string[] = [];
      for (let after: string | null | undefined = null; after !== undefined; ) {
        const { items, next } = await metadata.apps.all(after, 100);
        expect(items.length).toBeLessThan(8);
        walked.push(...items.map(({ id }) => id));
        after = next ?? undefined;
      }
      expect(walked.filter((id) => ids.includes(id))).toEqual([...ids].sort());
    });
  });
}
