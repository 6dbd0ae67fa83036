/** The collections: how each keeps its records, and by what they are found. */
import type { Db, IndexDescription } from 'mongodb';
import {
  APP_SITE_DEFAULTS,
  APP_TRIGGER_DEFAULTS,
  type AppRecord,
  DEPLOYMENT_DEFAULTS,
  sourceOfRecord,
  UNMARKED,
} from '../metadata.ts';
import type { Shape } from './documents.ts';

const plain = { ids: [], dates: [], beside: [], drawn: [] } as const;

export const SHAPES = {
  apps: {
    key: 'id',
    ids: ['id', 'release', 'previousRelease'],
    created: 'createdAt',
    dates: ['createdAt', 'releasedAt', 'scheduleDueAt'],
    beside: ['builds'],
    drawn: [],
    absent: {
      detectedType: null,
      retention: { artifacts: null, logs: null },
      ...APP_SITE_DEFAULTS,
      ...APP_TRIGGER_DEFAULTS,
    },
    upgrade: (app: AppRecord) => ({
      ...app,
      source: sourceOfRecord(app.source),
      triggers: { ...APP_TRIGGER_DEFAULTS.triggers, ...app.triggers },
    }),
  },
  deployments: {
    key: 'id',
    ids: ['id', 'appId', 'uploadId'],
    created: 'createdAt',
    dates: [
      'createdAt',
      'startedAt',
      'finishedAt',
      'promotedAt',
      'artifactsRemovedAt',
      'logRemovedAt',
      'pictureAt',
    ],
    beside: ['seq', 'counted'],
    drawn: ['runnerId', 'artifactUrl', 'buildLogs', 'releasePending', 'endedOn', 'waitedSeconds'],
    absent: { uploadId: null, ...DEPLOYMENT_DEFAULTS, ...UNMARKED },
  },
  siteAliases: { ...plain, key: 'label', ids: ['appId', 'deploymentId'], dates: ['createdAt'] },
  domains: { ...plain, key: 'id', ids: ['appId'] },
  expoUpdates: { ...plain, key: 'id', ids: ['appId', 'deploymentId'], dates: ['createdAt'] },
  expoSigningKeys: { ...plain, key: 'appId', ids: ['appId'] },
  sourceCredentials: { ...plain, key: 'appId', ids: ['appId'] },
  hooks: { ...plain, key: 'id', ids: ['id'], created: 'createdAt' },
  githubApps: { ...plain, key: 'host' },
  githubInstallations: { ...plain, key: 'id' },
  releaseDetails: {
    ...plain,
    key: 'deploymentId',
    ids: ['deploymentId', 'appId'],
    absent: { notes: null, notesSource: null, typedNotes: null, icon: null, iconType: null },
  },
  uploads: { ...plain, key: 'id', ids: ['id'], absent: { usedAt: null, appIds: [] } },
  runners: {
    ...plain,
    key: 'id',
    ids: ['id'],
    created: 'createdAt',
    absent: { executor: null, ephemeral: false, refusedProtocol: null },
  },
  tokens: { ...plain, key: 'id', ids: ['id'], created: 'createdAt' },
  users: { ...plain, key: 'id', sparse: ['githubId'], absent: { githubId: null } },
  members: { ...plain, key: 'id', ids: ['id'], created: 'createdAt', absent: { joinedBy: null } },
  teamSettings: { ...plain, key: 'teamId' },
  audit: { ...plain, key: 'id', ids: ['id'], created: 'at' },
  refreshTokens: { ...plain, key: 'hash' },
  secrets: { ...plain, key: 'name' },
  webhookSecrets: { ...plain, key: 'id', ids: ['id'], created: 'createdAt' },
  /** By person, team and app. */
  favourites: { ...plain, key: 'id', ids: ['appId'] },
  /** By app and name. */
  appFiles: { ...plain, key: 'id', ids: ['appId'] },
  /** By owner and key. */
  idempotencyKeys: { ...plain, key: 'id' },
  /** By day and app. */
  downloads: { ...plain, key: 'id', ids: ['appId'] },
  /** By team, app and day. */
  buildDays: { ...plain, key: 'id', drawn: ['recent'] },
  /** By deployment and name. */
  artifactDownloads: { ...plain, key: 'id', ids: ['deploymentId', 'appId'] },
  /** The one document `owner` names the first user. */
  instance: { ...plain, key: 'name' },
  /** The owners of each team, in one document, which is what a change of owners is decided by. */
  teams: { ...plain, key: 'id' },
} satisfies Record<string, Shape>;

export type CollectionName = keyof typeof SHAPES;

/**
 * Lists are narrowed by equality and read newest first, so every index of a list ends with the time of creation and
 * the id.
 */
const newestFirst = (created: 'createdAt' | 'at', ...members: string[]): IndexDescription => ({
  key: {
    ...Object.fromEntries(members.map((member) => [member, 1] as const)),
    [created]: -1,
    _id: -1,
  },
});
const unique = (...members: string[]): IndexDescription => ({
  key: Object.fromEntries(members.map((member) => [member, 1] as const)),
  unique: true,
});
const by = (...members: string[]): IndexDescription => ({
  key: Object.fromEntries(members.map((member) => [member, 1] as const)),
});

const INDEXES: Partial<Record<CollectionName, IndexDescription[]>> = {
  apps: [
    unique('slug'),
    newestFirst('createdAt', 'ownerId'),
    by('repoKey', 'ownerId'),
    by('repositoryId', 'ownerId'),
    by('scheduleDueAt'),
  ],
  deployments: [
    newestFirst('createdAt', 'ownerId'),
    newestFirst('createdAt', 'ownerId', 'status'),
    newestFirst('createdAt', 'appId'),
    newestFirst('createdAt', 'appId', 'status'),
    newestFirst('createdAt', 'appId', 'branch'),
    newestFirst('createdAt', 'appId', 'environment'),
    newestFirst('createdAt', 'appId', 'creator.name'),
    newestFirst('createdAt', 'ownerId', 'branch'),
    newestFirst('createdAt', 'ownerId', 'environment'),
    newestFirst('createdAt', 'ownerId', 'creator.name'),
    { key: { ownerId: 1, finishedAt: -1, _id: -1 } },
    by('uploadId'),
  ],
  siteAliases: [by('appId'), by('deploymentId')],
  domains: [by('host', 'status'), by('appId'), by('ownerId')],
  expoUpdates: [newestFirst('createdAt', 'appId', 'channel')],
  hooks: [newestFirst('createdAt', 'ownerId')],
  githubInstallations: [by('ownerId', 'account')],
  releaseDetails: [by('appId')],
  uploads: [by('completed', 'createdAt'), by('ownerId', 'completed')],
  runners: [
    unique('credentialHash'),
    newestFirst('createdAt', 'ownerId'),
    { key: { ephemeral: 1, lastSeenAt: 1, createdAt: 1, _id: 1 } },
  ],
  tokens: [
    unique('hash'),
    newestFirst('createdAt', 'ownerId', 'kind'),
    newestFirst('createdAt', 'appId', 'kind'),
    newestFirst('createdAt', 'ownerId', 'createdBy'),
    by('expiresAt'),
  ],
  users: [unique('email'), { ...unique('githubId'), sparse: true }],
  members: [unique('teamId', 'userId'), newestFirst('createdAt', 'teamId'), by('userId', 'createdAt', '_id')],
  audit: [newestFirst('at', 'ownerId')],
  refreshTokens: [by('sessionId'), by('userId'), by('expiresAt')],
  webhookSecrets: [newestFirst('createdAt', 'ownerId')],
  favourites: [by('userId', 'ownerId'), by('appId')],
  appFiles: [by('appId')],
  idempotencyKeys: [by('createdAt'), by('deploymentId')],
  downloads: [by('ownerId', 'day'), by('appId', 'day')],
  artifactDownloads: [by('deploymentId', 'name'), by('appId')],
  buildDays: [by('ownerId', 'appId', 'day'), by('appId')],
};

/** Makes the indexes that are not there yet. Those that are there are not asked for again: FerretDB hangs up then. */
export async function createIndexes(db: Db): Promise<void> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  const there = new Set(collections.map(({ name }) => name));
  for (const [name, wanted] of Object.entries(INDEXES)) {
    const kept = there.has(name) ? await db.collection(name).indexes() : [];
    const missing = wanted.filter(
      (index) => !kept.some((other) => sameKey(index, other) && other.unique === index.unique),
    );
    for (const index of missing) await makeWay(db, name, index, kept);
    if (missing.length > 0) await db.collection(name).createIndexes(missing);
    // Only then: a list that is read meanwhile has one index or the other.
    for (const index of kept)
      if (index.name !== undefined && wanted.some((other) => replaces(other, index)))
        await db.collection(name).dropIndex(index.name);
  }
}

/** Whether an index does what one of an earlier version did, whose lists were ordered by the id alone. */
function replaces(index: { key: object }, earlier: { key: object }): boolean {
  const members = Object.entries(index.key).filter(([member]) => member !== 'createdAt' && member !== 'at');
  return (
    members.length < Object.keys(index.key).length &&
    members.some(([member]) => member === '_id') &&
    sameKey({ key: Object.fromEntries(members) }, earlier)
  );
}

const sameKey = (one: { key: object }, other: { key: object }) =>
  JSON.stringify(one.key) === JSON.stringify(other.key);

/** What an instance of an earlier version has in the place of an index: the same without `unique`, and nulls in it. */
async function makeWay(
  db: Db,
  name: string,
  index: IndexDescription,
  kept: readonly IndexDescription[],
): Promise<void> {
  const looser = kept.find((other) => sameKey(index, other));
  if (looser?.name === undefined) return;
  await db.collection(name).dropIndex(looser.name);
  if (!index.sparse) return;
  for (const member of Object.keys(index.key))
    await db.collection(name).updateMany({ [member]: null }, { $unset: { [member]: '' } });
}
