/** Deploy hooks: addresses that start a deployment of one App when they are called, for whoever holds them. */
import { z } from 'zod';
import { BranchName, CommitHash } from './app.ts';
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

/** The address is shown this once: whoever has it can deploy the App. */
export const CreatedDeployHook = DeployHook.extend({ url: z.url() }).meta({ id: 'CreatedDeployHook' });
export type CreatedDeployHook = z.infer<typeof CreatedDeployHook>;

/** What a caller of a hook may say. */
export const HookDeploy = z
  .strictObject({ branch: BranchName, commit: CommitHash })
  .partial()
  .meta({ id: 'HookDeploy' });
