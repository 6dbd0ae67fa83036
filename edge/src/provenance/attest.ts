/** The signed provenance of a deployment. */
import { type DeploymentStatus, type DsseEnvelope, type ErrorCode, isAppFluxError } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import { createSealer } from '../secrets/sealing.ts';
import { setting } from '../settings.ts';
import type { Attestations } from './attestations.ts';
import type { KeyStore } from './keys.ts';
import { type BuiltDeployment, statementOf } from './statement.ts';

/** A refusal, as it comes out of an object: a call of one passes on the message of an error and nothing else. */
export interface Refused {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly retryAfterSeconds?: number;
}

/** What is asked for; or the status of a deployment without a success, or that none of its files has a checked digest. */
export type Attestation =
  | { readonly envelope: DsseEnvelope }
  | { readonly notSuccessful: DeploymentStatus }
  | { readonly unchecked: true }
  | { readonly refused: Refused };

/** The provenance of a deployment, signed now if nobody has asked for it before. Called in the deployment's object. */
export async function attest(
  deployment: BuiltDeployment & { readonly state: { status: DeploymentStatus } },
  attestations: Attestations,
  env: Env,
): Promise<Attestation> {
  const { status } = deployment.state;
  if (status !== 'success') return { notSuccessful: status };
  const statement = () => statementOf(deployment, setting(env, 'PUBLIC_URL'));
  try {
    const envelope = await attestations.get(provenanceKeys(env), statement);
    return envelope === null ? { unchecked: true } : { envelope };
  } catch (error) {
    if (!isAppFluxError(error)) throw error;
    const { code, message, hint, retryAfterSeconds } = error;
    return {
      refused: {
        code,
        message,
        ...(hint === undefined ? {} : { hint }),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      },
    };
  }
}

/** Where this instance keeps the keys. */
export const provenanceKeys = (env: Env): KeyStore => ({
  secrets: metadataOf(env).secrets,
  sealer: createSealer(env),
});
