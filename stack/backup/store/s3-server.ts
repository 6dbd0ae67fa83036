/**
 * The server of a bucket with backups. Apart from what uses it: an instance reads its settings every few seconds, and the
 * libraries for buckets and keys would take ten megabytes of it.
 */
import { z } from 'zod';
import { StackProblem } from '../../problem.ts';

/** The server that a target `s3://` is on. */
export const S3Server = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }),
  region: z.string().min(1),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
});
export type S3Server = z.infer<typeof S3Server>;

/** The variables that it is set by, beside the region's. */
export const S3_SERVER_VARIABLES = {
  endpoint: 'APPFLUX_BACKUP_S3_ENDPOINT',
  accessKeyId: 'APPFLUX_BACKUP_S3_ACCESS_KEY_ID',
  secretAccessKey: 'APPFLUX_BACKUP_S3_SECRET_ACCESS_KEY',
} as const;

/** The server in the environment; null when nothing of it is set. @throws StackProblem `settings_invalid` */
export function s3ServerOf(env: NodeJS.ProcessEnv): S3Server | null {
  const names = Object.values(S3_SERVER_VARIABLES);
  if (names.every((name) => !env[name])) return null;
  const server = S3Server.safeParse({
    region: env.APPFLUX_BACKUP_S3_REGION || 'us-east-1',
    ...Object.fromEntries(Object.entries(S3_SERVER_VARIABLES).map(([member, name]) => [member, env[name]])),
  });
  if (server.success) return server.data;
  throw new StackProblem(
    'settings_invalid',
    `A backup in a bucket needs ${names.join(', ')}, and the endpoint as an http or https URL`,
    'set all of them',
  );
}
