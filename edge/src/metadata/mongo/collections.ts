/** The collections: how each keeps its records, and by what they are found. */
import type { Db, IndexDescription } from 'mongodb';
import type { Shape } from './documents.ts';

const plain = { ids: [], dates: [], beside: [], drawn: [] } as const;

export const SHAPES = {
  apps: {
    key: 'id',
    ids: ['id', 'release'],
    dates: ['createdAt'],
    beside: ['builds'],
    drawn: [],
  },
  deployments: {
    key: 'id',
    ids: ['id', 'appId'],
    dates: ['createdAt', 'startedAt', 'finishedAt'],
    beside: ['seq'],
    drawn: ['runnerId', 'artifactUrl', 'buildLogs', 'releasePending'],
  },
  uploads: { ...plain, key: 'id', ids: ['id'] },
  runners: { ...plain, key: 'id', ids: ['id'] },
  tokens: { ...plain, key: 'id', ids: ['id'] },
  users: { ...plain, key: 'id' },
  members: { ...plain, key: 'id', ids: ['id'] },
  audit: { ...plain, key: 'id', ids: ['id'] },
  refreshTokens: { ...plain, key: 'hash' },
  secrets: { ...plain, key: 'name' },
  /** By app and name. */
  appFiles: { ...plain, key: 'id', ids: ['appId'] },
  /** By owner and key. */
  idempotencyKeys: { ...plain, key: 'id' },
  /** The one document `owner` names the first user. */
  instance: { ...plain, key: 'name' },
  /** The owners of each team, in one document, which is what a change of owners is decided by. */
  teams: { ...plain, key: 'id' },
} satisfies Record<string, Shape>;

export type CollectionName = keyof typeof SHAPES;

/** Lists are narrowed by equality and read newest first, so every index of a list ends with the id. */
const newestFirst = (...members: string[]): IndexDescription => ({
  key: { ...Object.fromEntries(members.map((member) => [member, 1] as const)), _id: -1 },
});
const unique = (...members: string[]): IndexDescription => ({
  key: Object.fromEntries(members.map((member) => [member, 1] as const)),
  unique: true,
});
const by = (...members: string[]): IndexDescription => ({
  key: Object.fromEntries(members.map((member) => [member, 1] as const)),
});

const INDEXES: Partial<Record<CollectionName, IndexDescription[]>> = {
  apps: [unique('slug'), newestFirst('ownerId')],
  deployments: [
    newestFirst('ownerId'),
    newestFirst('ownerId', 'status'),
    newestFirst('appId'),
    newestFirst('appId', 'status'),
  ],
  uploads: [by('completed', 'createdAt')],
  runners: [unique('credentialHash'), newestFirst('ownerId')],
  tokens: [
    unique('hash'),
    newestFirst('ownerId', 'kind'),
    newestFirst('appId', 'kind'),
    newestFirst('ownerId', 'createdBy'),
    by('expiresAt'),
  ],
  users: [unique('email'), by('githubId')],
  members: [unique('teamId', 'userId'), newestFirst('teamId'), by('userId', '_id')],
  audit: [newestFirst('ownerId')],
  refreshTokens: [by('sessionId'), by('userId'), by('expiresAt')],
  appFiles: [by('appId')],
  idempotencyKeys: [by('createdAt')],
};

/** Makes the indexes that are not there yet. Those that are there are not asked for again: FerretDB hangs up then. */
export async function createIndexes(db: Db): Promise<void> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  const there = new Set(collections.map(({ name }) => name));
  for (const [name, wanted] of Object.entries(INDEXES)) {
    const kept = there.has(name) ? await db.collection(name).indexes() : [];
    const keys = new Set(kept.map(({ key }) => JSON.stringify(key)));
    const missing = wanted.filter(({ key }) => !keys.has(JSON.stringify(key)));
    if (missing.length > 0) await db.collection(name).createIndexes(missing);
  }
}
