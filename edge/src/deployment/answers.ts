/** What a deployment's object answers. */
import type {
  DeploymentStatus,
  ExecutorKind,
  Grant,
  PrebuiltGrant,
  ReleaseDetails,
  SourceAccess,
} from '@appflux/protocol';
import type { DeploymentRecord } from '../metadata/metadata.ts';
import type { Refusal } from './lifecycle.ts';
import { recordOf } from './record.ts';
import type { Saved } from './saved.ts';

/** How a deployment stands: the record, and the number of its newest event. */
export interface Snapshot {
  record: DeploymentRecord;
  seq: number;
}

/** What of a deployment its consumers have not confirmed. */
export interface Unconfirmed extends Snapshot {
  details: ReleaseDetails | null;
  /** Why it was canceled; null unless it was. */
  cancelReason: string | null;
}

/** A prebuilt output's deployment, with its deliverer's lease; null when it has ended, or somebody else delivers it. */
export type PrebuiltSnapshot = Snapshot & { grant: PrebuiltGrant | null };

/** A runner that claims a job. `executor`: what its pool knows of it. */
export interface Claimant {
  id: string;
  name: string;
  executor?: ExecutorKind | undefined;
}

export type ClaimAnswer =
  | {
      granted: Grant;
      /** The variables whose values are masked. */
      sensitive: string[];
      /** How the repository is reached, beyond what the grant says. */
      access: SourceAccess;
    }
  | { refused: Refusal | 'unknown' };

/** Why a change from outside was refused, and how the deployment stands. */
export interface Refused {
  refused: Refusal;
  status: DeploymentStatus;
}

export const snapshotOf = ({ spec, state, seq }: Saved): Snapshot => ({ record: recordOf(spec, state), seq });
