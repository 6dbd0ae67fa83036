import type { Env } from '../env.ts';
import { type ObjectOf, type ObjectStub, objectStub } from './stub.ts';

export type DeploymentStub = ObjectStub<ObjectOf<Env['DEPLOYMENTS']>>;

/** The object of the deployment with this id, which need not exist. A claim is answered by runner, so it may be repeated. */
export const deploymentOf = (env: Pick<Env, 'DEPLOYMENTS'>, id: string): DeploymentStub =>
  objectStub(() => env.DEPLOYMENTS.getByName(id), {
    create: 'repeat',
    createPrebuilt: 'repeat',
    snapshot: 'repeat',
    activity: 'repeat',
    attestation: 'repeat',
    spec: 'repeat',
    reseal: 'repeat',
    unconfirmed: 'repeat',
    confirm: 'repeat',
    offer: 'repeat',
    claim: 'repeat',
    cancel: 'repeat',
    approve: 'repeat',
    adopt: 'repeat',
    revoke: 'repeat',
    restarted: 'repeat',
    recover: 'repeat',
    logs: 'repeat',
    ndjson: 'repeat',
    forgetLog: 'repeat',
    leave: 'repeat',
    destroy: 'repeat',
  });
