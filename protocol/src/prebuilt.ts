/** A deployment of an output that was built elsewhere: the program that has the output delivers it, without a runner. */
import { z } from 'zod';
import { Deployment } from './deployment.ts';

/**
 * The right to deliver a prebuilt output: the lease of the deployment's attempt. Its holder opens the attempt's socket
 * as a runner does (attempt-socket.ts), with its own API token instead of a runner's credential, and sends the same
 * frames.
 */
export const PrebuiltGrant = z
  .strictObject({
    attempt: z.int().min(1),
    leaseToken: z.string().min(1).max(200),
    /** The lease expires this long after the last ping that the edge has seen. */
    leaseSeconds: z.number().positive(),
    limits: z.strictObject({
      timeoutSeconds: z.number().positive(),
      logBytes: z.int().positive(),
      artifactBytes: z.int().positive(),
    }),
  })
  .meta({ id: 'PrebuiltGrant' });
export type PrebuiltGrant = z.infer<typeof PrebuiltGrant>;

/** A deployment as it was created. Only one that the caller delivers as prebuilt output, and that has not ended, has a grant. */
export const CreatedDeployment = Deployment.extend({ grant: PrebuiltGrant.optional() }).meta({
  id: 'CreatedDeployment',
});
export type CreatedDeployment = z.infer<typeof CreatedDeployment>;
