/**
 * How a deployment's record is stored in D1, which ends at 10 GB: without what its columns say, without what is null,
 * with phases as numbers, and with keys of storage below the deployment's own prefix. Records of earlier versions,
 * which are whole, are read as well.
 */
import type { PhaseSpan } from '@appflux/protocol';
import { deploymentPrefix } from '../../storage/keys.ts';
import { DEPLOYMENT_DEFAULTS, type DeploymentRecord } from '../metadata.ts';
import { json, numberOrNull, text, textOrNull } from './columns.ts';
import type { Row } from './database.ts';

/** The form that is written now. Records without a version are of the first one: as they are. */
const VERSION = 2;

/** Members that are left out when they are null. */
const NULL_MEMBERS = [
  'phase',
  'creator',
  'pullRequest',
  'skipped',
  'approval',
  'tag',
  'waiting',
  'commitHash',
  'commitMessage',
  'branch',
  'uploadName',
  'version',
  'runner',
  'plan',
  'failure',
  'site',
  'logKey',
  'startedAt',
  'finishedAt',
  'durationSeconds',
] as const satisfies (keyof DeploymentRecord)[];

const NULLS = Object.fromEntries(NULL_MEMBERS.map((name) => [name, null])) as Pick<
  DeploymentRecord,
  (typeof NULL_MEMBERS)[number]
>;

/** A phase: when it began, in milliseconds since the deployment was created, and how long it took; null while it takes. */
type StoredPhase = [phase: PhaseSpan['phase'], from: number, ms: number | null];

/** What stands for the deployment's own prefix in a key of storage. */
const OWN = './';

type StoredRecord = Omit<Partial<DeploymentRecord>, 'phases'> & {
  /** Absent in records of the first form. */
  v?: typeof VERSION;
  createdAt: string;
  phases?: readonly (StoredPhase | PhaseSpan)[];
};

/** The `record` column of a deployment. */
export function toStored(record: DeploymentRecord): string {
  const { id, appId, ownerId: _, status: __, number: ___, uploadId: ____, ...rest } = record;
  const prefix = deploymentPrefix(appId, id);
  const shortened = (key: string) => (key.startsWith(prefix) ? OWN + key.slice(prefix.length) : key);
  const members = Object.entries({
    ...rest,
    // An event of the first versions has none.
    ...(rest.phases !== undefined && { phases: toStoredPhases(rest.phases, rest.createdAt) }),
    artifacts: rest.artifacts.map((artifact) => ({ ...artifact, key: shortened(artifact.key) })),
    logKey: rest.logKey == null ? null : shortened(rest.logKey),
  });
  const stored = members.filter(([name, value]) => value !== null || !(name in NULLS));
  return JSON.stringify({ v: VERSION, ...Object.fromEntries(stored) });
}

/** The record of a row that has `record`, `id`, `app_id`, `owner_id`, `status`, `number` and `upload_id`. */
export function fromStored(row: Row): DeploymentRecord {
  const stored = json<StoredRecord>(row, 'record');
  const inColumns = {
    number: stored.number ?? numberOrNull(row, 'number') ?? DEPLOYMENT_DEFAULTS.number,
    uploadId: textOrNull(row, 'upload_id'),
  };
  const { v: version, phases, ...rest } = stored;
  if (version === undefined) return { ...(stored as unknown as DeploymentRecord), ...inColumns };
  const [id, appId] = [text(row, 'id'), text(row, 'app_id')];
  const whole = (key: string) =>
    key.startsWith(OWN) ? deploymentPrefix(appId, id) + key.slice(OWN.length) : key;
  const record = {
    ...NULLS,
    ...rest,
    ...inColumns,
    id,
    appId,
    ownerId: text(row, 'owner_id'),
    status: text(row, 'status') as DeploymentRecord['status'],
    ...(phases !== undefined && { phases: fromStoredPhases(phases, rest.createdAt) }),
    // A list of apps reads no artifacts.
    ...(rest.artifacts !== undefined && {
      artifacts: rest.artifacts.map((artifact) => ({ ...artifact, key: whole(artifact.key) })),
    }),
    logKey: rest.logKey == null ? null : whole(rest.logKey),
  };
  return record as DeploymentRecord;
}

/** The phases of a record, as `record -> '$.phases'` gives them. */
export const phasesOf = (row: Row): PhaseSpan[] =>
  fromStoredPhases(json<StoredPhase[] | PhaseSpan[]>(row, 'phases'), text(row, 'created_at'));

/** Phases whose times aren't written as we write them are stored as they are: they would come back with others. */
function toStoredPhases(
  phases: readonly PhaseSpan[],
  createdAt: string,
): StoredPhase[] | readonly PhaseSpan[] {
  const created = Date.parse(createdAt);
  const isOurs = (time: string | null) => time === null || new Date(time).toISOString() === time;
  if (!phases.every(({ startedAt, finishedAt }) => isOurs(startedAt) && isOurs(finishedAt))) return phases;
  return phases.map(({ phase, startedAt, finishedAt }): StoredPhase => {
    const started = Date.parse(startedAt);
    return [phase, started - created, finishedAt === null ? null : Date.parse(finishedAt) - started];
  });
}

function fromStoredPhases(phases: readonly (StoredPhase | PhaseSpan)[], createdAt: string): PhaseSpan[] {
  const created = Date.parse(createdAt);
  return phases.map((span) => {
    if (!Array.isArray(span)) return span as PhaseSpan;
    const [phase, from, ms] = span as StoredPhase;
    return {
      phase,
      startedAt: new Date(created + from).toISOString(),
      finishedAt: ms === null ? null : new Date(created + from + ms).toISOString(),
    };
  });
}
