import type { Db } from 'mongodb';
import { type DetailStore, type DetailsRecord, keptDetails, NO_DETAILS, shownDetails } from '../details.ts';
import type { KeptDeployment } from '../metadata.ts';
import { ofApp } from './apps.ts';
import { Records } from './database.ts';
import { idOf } from './documents.ts';

export function createDetailStore(db: Db): DetailStore {
  const details = new Records<DetailsRecord>(db, 'releaseDetails');
  const deployments = new Records<KeptDeployment>(db, 'deployments');

  /** Sets members of a deployment's details, which are made if there are none; false when there is no such deployment. */
  async function set(deploymentId: string, members: Partial<DetailsRecord>): Promise<boolean> {
    const deployment = await deployments.first(deployments.key(deploymentId));
    if (deployment === null) return false;
    const { appId } = deployment;
    const written = await ofApp(
      db,
      appId,
      () =>
        details.documents.updateOne(
          details.key(deploymentId),
          { $set: members, $setOnInsert: { appId: idOf(appId) } },
          { upsert: true },
        ),
      () => details.remove(details.key(deploymentId)),
    );
    return written !== null;
  }

  return {
    async keep(deploymentId, said) {
      await set(deploymentId, keptDetails(said));
    },

    write: (deploymentId, typedNotes) => set(deploymentId, { typedNotes }),

    async of(deploymentId) {
      const record = await details.first(details.key(deploymentId));
      return record === null ? NO_DETAILS : shownDetails(record);
    },
  };
}
