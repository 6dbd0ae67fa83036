/** Deploy hooks: URLs that start a deployment of one app when they are called, by anyone who has them. */
import { z } from 'zod';
import { BranchName, CommitHash } from './app-source.ts';
import { DeploymentStatus } from './deployment.ts';
import { ObjectId, Timestamp } from './ids.ts';

export const CreateDeployHook = z
  .strictObject({ name: z.string().trim().min(1).max(80) })
  .meta({ id: 'CreateDeployHook' });
export type CreateDeployHook = z.infer<typeof CreateDeployHook>;

export const DeployHook = z
  .strictObject({
    id: ObjectId,
    name: z.string(),
    lastUsedAt: Timestamp.nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'DeployHook' });
export type DeployHook = z.infer<typeof DeployHook>;

/** The URL is only shown this time: anyone who has it can deploy the app. */
export const CreatedDeployHook = DeployHook.extend({ url: z.url() }).meta({ id: 'CreatedDeployHook' });
export type CreatedDeployHook = z.infer<typeof CreatedDeployHook>;

/** The optional fields in a hook's call. */
export const HookDeploy = z
  .strictObject({ branch: BranchName, commit: CommitHash })
  .partial()
  .meta({ id: 'HookDeploy' });
export type HookDeploy = z.infer<typeof HookDeploy>;

/** The deployment that a call of a hook created. */
export const HookDeployed = z
  .strictObject({ success: z.literal(true), deploymentId: ObjectId, status: DeploymentStatus })
  .meta({ id: 'HookDeployed' });
export type HookDeployed = z.infer<typeof HookDeployed>;
