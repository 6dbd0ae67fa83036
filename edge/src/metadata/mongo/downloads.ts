import type { Db, UpdateFilter } from 'mongodb';
import { type DownloadCount, type DownloadStore, REMEMBERED_BATCHES } from '../analytics.ts';
import { ofApps, ofArtifacts } from '../download-sums.ts';
import type { AppRecord, DeploymentRecord } from '../metadata.ts';
import { ofApp } from './apps.ts';
import { Records } from './database.ts';
import { type Document, idOf } from './documents.ts';

/** A count; `recent` are the ids of the latest batches that were added to it, the newest last. */
interface Counted {
  id: string;
  appId: string;
  count: number;
  recent: string[];
}

type AppDownloads = Counted & { ownerId: string; day: string };
type ArtifactDownloads = Counted & { deploymentId: string; name: string };

export function createDownloadStore(db: Db): DownloadStore {
  const apps = new Records<AppRecord>(db, 'apps');
  const deployments = new Records<DeploymentRecord>(db, 'deployments');
  const ofDays = new Records<AppDownloads>(db, 'downloads');
  const ofFiles = new Records<ArtifactDownloads>(db, 'artifactDownloads');

  async function addToApp(batchId: string, { appId, day, count }: DownloadCount): Promise<void> {
    const app = await apps.first(apps.key(appId));
    if (app === null) return;
    const { ownerId } = app;
    const counted = { id: `${day}:${appId}`, ownerId, day, appId, count, recent: [batchId] };
    await ofApp(
      db,
      appId,
      () => add(ofDays, counted, batchId),
      () => ofDays.remove({ appId: idOf(appId) }),
    );
  }

  async function addToArtifact(batchId: string, counted: DownloadCount): Promise<void> {
    const { appId, deploymentId, artifact: name, count } = counted;
    if ((await deployments.first(deployments.key(deploymentId))) === null) return;
    await ofApp(
      db,
      appId,
      () =>
        add(
          ofFiles,
          { id: `${deploymentId}:${name}`, deploymentId, appId, name, count, recent: [batchId] },
          batchId,
        ),
      () => ofFiles.remove({ appId: idOf(appId) }),
    );
  }

  return {
    async add(batchId, counts) {
      for (const count of ofApps(counts)) await addToApp(batchId, count);
      for (const count of ofArtifacts(counts)) await addToArtifact(batchId, count);
    },

    async ofDeployment(deploymentId) {
      const counted = await ofFiles.all({ deploymentId: idOf(deploymentId) }, { name: 1 });
      return counted.map(({ name, count }) => ({ name, downloads: count }));
    },
  };
}

/** Adds to a count what `counted` says, or begins it so; nothing when the batch was added before. */
async function add<Item extends Counted>(
  records: Records<Item>,
  counted: Item,
  batchId: string,
): Promise<void> {
  const key = records.key(counted.id);
  const increased = await records.update(
    { ...key, recent: { $ne: batchId } },
    // The driver's types know no list in a document that has any member.
    { $inc: { count: counted.count }, $push: { recent: batchId } } as unknown as UpdateFilter<Document>,
  );
  if (increased === null) {
    if (await records.insert(counted)) return;
    const there = await records.first(key);
    if (there?.recent.includes(batchId)) return;
    // Another batch began it, or it was removed, in this moment.
    return add(records, counted, batchId);
  }
  // `$slice` would do it in the same step, but FerretDB passes over it.
  if (increased.recent.length > REMEMBERED_BATCHES) {
    await records.documents.updateOne(key, { $pop: { recent: -1 } });
  }
}
