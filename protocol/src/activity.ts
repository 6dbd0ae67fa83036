/** The activity feed: what people, programs and builds did in a team, as each member may see it. */
import { z } from 'zod';
import { AuditActor, AuditTarget } from './audit.ts';
import { DeploymentStatus } from './deployment.ts';
import { Environment, ObjectId, Slug, Timestamp } from './ids.ts';

/** That a deployment ended: actions which the audit log doesn't have. */
export const ENDINGS = ['deployment.succeeded', 'deployment.failed', 'deployment.canceled'] as const;

/** The deployment that something was done to, as it is now. */
export const ActivityDeployment = z.strictObject({
  id: ObjectId,
  app: z.strictObject({ slug: Slug, name: z.string() }),
  /** Counts the app's deployments from 1; 0 if it is unknown. */
  number: z.int().min(0),
  status: DeploymentStatus,
  environment: Environment,
  branch: z.string().nullable(),
  /** The first line of the commit message. */
  commitMessage: z.string().nullable(),
  uploadName: z.string().nullable(),
});
export type ActivityDeployment = z.infer<typeof ActivityDeployment>;

export const ActivityItem = z
  .strictObject({
    /** Of a deployment's end, the deployment's id. */
    id: ObjectId,
    at: Timestamp,
    /** Null for deployments of earlier versions. `id` is that of a user, else null. */
    actor: AuditActor.nullable(),
    /** An action of the audit log, or one of ENDINGS. Others may be added. */
    action: z.string(),
    subject: AuditTarget.nullable(),
    /** Null if it was done to something else, or the deployment was deleted. */
    deployment: ActivityDeployment.nullable(),
    /** Why a deployment failed. */
    reason: z.string().nullable(),
  })
  .meta({ id: 'ActivityItem' });
export type ActivityItem = z.infer<typeof ActivityItem>;
