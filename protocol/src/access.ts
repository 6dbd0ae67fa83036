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

/** The token itself; it is only shown this time. */
export const CreatedToken = ApiToken.extend({ token: z.string() }).meta({ id: 'CreatedToken' });
export type CreatedToken = z.infer<typeof CreatedToken>;
