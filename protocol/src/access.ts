/** API tokens and their scopes. */
import { z } from 'zod';
import { ObjectId, Timestamp } from './ids.ts';

export const Scope = z.enum([
  'apps:read',
  'apps:write',
  'variables:write',
  'deployments:read',
  'deployments:write',
  'runners:write',
  'admin',
]);
export type Scope = z.infer<typeof Scope>;

export const CreateToken = z
  .strictObject({
    name: z.string().trim().min(1).max(80),
    scopes: z.array(Scope).min(1).max(7),
    expiresAt: Timestamp.optional(),
  })
  .meta({ id: 'CreateToken' });
export type CreateToken = z.infer<typeof CreateToken>;

export const ApiToken = z
  .strictObject({
    id: ObjectId,
    name: z.string(),
    scopes: z.array(Scope),
    expiresAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'ApiToken' });
export type ApiToken = z.infer<typeof ApiToken>;

/** A token that reads the metrics of the instance, and does nothing else. */
export const CreateMetricsToken = z
  .strictObject({ name: z.string().trim().min(1).max(80) })
  .meta({ id: 'CreateMetricsToken' });
export type CreateMetricsToken = z.infer<typeof CreateMetricsToken>;

export const MetricsToken = z
  .strictObject({
    id: ObjectId,
    name: z.string(),
    lastUsedAt: Timestamp.nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'MetricsToken' });
export type MetricsToken = z.infer<typeof MetricsToken>;

/** All of them: they are few. */
export const MetricsTokens = z.strictObject({ items: z.array(MetricsToken) }).meta({ id: 'MetricsTokens' });

/** The token itself; it is only shown this time. */
export const CreatedMetricsToken = MetricsToken.extend({ token: z.string() }).meta({
  id: 'CreatedMetricsToken',
});
export type CreatedMetricsToken = z.infer<typeof CreatedMetricsToken>;

/** The token itself; it is only shown this time. */
export const CreatedToken = ApiToken.extend({ token: z.string() }).meta({ id: 'CreatedToken' });
export type CreatedToken = z.infer<typeof CreatedToken>;
