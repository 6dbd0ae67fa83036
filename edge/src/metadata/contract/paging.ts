import type { Page, PageQuery } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CreateKeeper } from '../contract.ts';
import type { Metadata } from '../metadata.ts';
import { appRecord, auditRecord, deploymentRecord, memberRecord, tokenRecord } from '../sample-records.ts';

interface PagedList {
  /** Adds one item of that owner, and gives its id. */
  add(metadata: Metadata, ownerId: string): Promise<string>;
  list(metadata: Metadata, ownerId: string, page: PageQuery): Promise<Page<{ id: string }>>;
}

const LISTS: Record<string, PagedList> = {
  apps: {
    async add({ apps }, ownerId) {
      const app = appRecord({ ownerId });
      await apps.insert(app);
      return app.id;
    },
    list: ({ apps }, ownerId, page) => apps.list(ownerId, page),
  },
  deployments: {
    async add({ apps, deployments }, ownerId) {
      const app = appRecord({ ownerId });
      await apps.insert(app);
      const record = deploymentRecord(app);
      await deployments.project(record, 1);
      return record.id;
    },
    list: ({ deployments }, ownerId, page) => deployments.list({ ownerId, status: 'queued' }, page),
  },
  tokens: {
    async add({ tokens }, ownerId) {
      const token = tokenRecord({ ownerId });
      await tokens.insert(token);
      return token.id;
    },
    list: ({ tokens }, ownerId, page) => tokens.list(ownerId, 'api', page),
  },
  members: {
    async add({ members }, teamId) {
      const member = memberRecord({ teamId });
      await members.insert(member);
      return member.id;
    },
    list: ({ members }, teamId, page) => members.list(teamId, page),
  },
  'the audit log': {
    async add({ audit }, ownerId) {
      const record = auditRecord({ ownerId });
      await audit.append(record);
      return record.id;
    },
    list: ({ audit }, ownerId, page) => audit.list(ownerId, page),
  },
};

export function pagingContract(create: CreateKeeper): void {
  describe.each(Object.entries(LISTS))('of %s', (_name, { add, list }) => {
    test('following the cursor visits each item once, newest first', async () => {
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

            const visited: string[] = [];
            let cursor: string | null | undefined;
            let pages = 0;
            do {
              pages += 1;
              expect(pages, 'pages before the list came to an end').toBeLessThanOrEqual(count + 1);
              const page = await list(metadata, ownerId, { limit, ...(cursor ? { cursor } : {}) });
              expect(page.items.length).toBeLessThanOrEqual(limit);
              visited.push(...page.items.map(({ id }) => id));
              cursor = page.nextCursor;
            } while (cursor !== null);
            expect(visited).toEqual(ids);
            expect(pages).toBe(Math.max(1, Math.ceil(count / limit)));
          },
        ),
        { numRuns: 15 },
      );
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
      const rest = await list(metadata, ownerId, { limit: 2, cursor: page.nextCursor ?? '' });
      expect(rest.items.map(({ id }) => id)).toEqual([third]);
      expect(rest.nextCursor).toBeNull();
    });

    test('a cursor from somebody else’s list is a place in one’s own, and shows nothing of theirs', async () => {
      const metadata = await create();
      const [mine, theirs] = [crypto.randomUUID(), crypto.randomUUID()];
      const older = await add(metadata, mine);
      await add(metadata, theirs);
      const cursor = await add(metadata, theirs);
      await add(metadata, mine);
      const page = await list(metadata, mine, { limit: 5, cursor });
      expect(page.items.map(({ id }) => id)).toEqual([older]);
      expect(page.nextCursor).toBeNull();
    });

    test.each(['0', 'zzzzzzzzzzzzzzzzzzzzzzzz', "' OR 1=1 --", '66F2A1C04B7E9D0012345678'])(
      'a cursor that it never gave is refused: %s',
      async (cursor) => {
        const metadata = await create();
        await expect(list(metadata, crypto.randomUUID(), { limit: 5, cursor })).rejects.toMatchObject({
          code: 'bad_request',
        });
      },
    );
  });
}
