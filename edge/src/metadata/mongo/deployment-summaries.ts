/** What a feed tells of deployments, without their records. */
import type { Filter } from 'mongodb';
import { type DeploymentStore, type DeploymentSummary, firstLine, type KeptDeployment } from '../metadata.ts';
import type { Place } from '../paging.ts';
import { is, type Records } from './database.ts';
import { type Document, idOf } from './documents.ts';

const MEMBERS = {
  app: 1,
  number: 1,
  status: 1,
  environment: 1,
  branch: 1,
  commitMessage: 1,
  uploadName: 1,
  creator: 1,
  finishedAt: 1,
  'failure.message': 1,
} as const;

type SummaryStore = Pick<DeploymentStore, 'ended' | 'summaries'>;

/** The methods of the store that give summaries. */
export function createSummaries(deployments: Records<KeptDeployment>): SummaryStore {
  const toSummary = (document: Document): DeploymentSummary => {
    const {
      id,
      app,
      number,
      status,
      environment,
      branch,
      commitMessage,
      uploadName,
      creator,
      finishedAt,
      failure,
    } = deployments.record(document);
    return {
      id,
      app,
      number: number ?? 0,
      status,
      environment,
      branch,
      commitMessage: firstLine(commitMessage),
      uploadName,
      creator,
      finishedAt,
      reason: failure?.message ?? null,
    };
  };

  return {
    async ended(ownerId, after, limit) {
      const found = deployments.documents
        .find({ ownerId: is(ownerId), skipped: null, ...endedBefore(after) }, { projection: MEMBERS })
        .sort({ finishedAt: -1, _id: -1 })
        .limit(limit);
      return (await found.toArray()).map(toSummary);
    },

    async summaries(ownerId, ids) {
      const these = { _id: { $in: ids.map(idOf) }, ownerId: is(ownerId) };
      return (await deployments.documents.find(these, { projection: MEMBERS }).toArray()).map(toSummary);
    },
  };
}

/** The condition that a deployment has ended, and comes after a place. */
function endedBefore(after: Place | null): Filter<Document> {
  if (after === null) return { finishedAt: { $ne: null } };
  const time = new Date(after.at);
  return {
    finishedAt: { $lte: time },
    $or: [{ finishedAt: { $lt: time } }, { _id: { $lt: idOf(after.id) } }],
  };
}
