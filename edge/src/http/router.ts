/** What every resource's router shares: how input is refused, who is calling, what refusals look like. */
import { AppFluxError, type AuditAction, type AuditTarget, ErrorBody, issuesOf } from '@appflux/protocol';
import { OpenAPIHono, type z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { note } from '../audit/note.ts';
import type { Env } from '../env.ts';
import { authenticate, authenticatePerson, authenticateRunner } from '../identity/authenticate.ts';
import { actorOf, type Caller, type Permission, requireScope } from '../identity/caller.ts';
import { tokenOf } from '../identity/request-token.ts';
import type { Metadata, RunnerRecord } from '../metadata/metadata.ts';
import type { ObjectStore, Presigner } from '../storage/storage.ts';
import type { Person } from '../teams/team.ts';
import { type About, readAhead } from './read-ahead.ts';

export interface ApiEnv {
  Bindings: Env;
  Variables: {
    metadata: Metadata;
    objects: ObjectStore;
    presigner: Presigner;
    caller: Caller;
    person: Person;
    runner: RunnerRecord;
  };
}

/** A router whose input is checked by the same schemas that draw the OpenAPI document. */
export function router() {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw refusedInput(result.error, result.target);
    },
  });
}

function refusedInput(error: z.ZodError, target: string): AppFluxError {
  const issues = issuesOf(error);
  const first = issues[0];
  const where = first?.path ? ` (${first.path})` : '';
  const what = { json: 'body', query: 'query', param: 'path', header: 'headers' }[target] ?? target;
  return new AppFluxError('bad_request', `Invalid request ${what}${where}: ${first?.message ?? 'invalid'}`, {
    issues,
    hint: 'See GET /api/openapi.json for the schema of every call.',
  });
}

/** Lets through callers who may do this; sets `caller`. */
export const needs = (scope: Permission) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    // Who has no token makes nothing be read.
    if (tokenOf(c.req.raw) !== null)
      c.set('metadata', readAhead(c.get('metadata'), aboutOf(c), 'with the caller'));
    const caller = await authenticate(c.req.raw, c.env, c.get('metadata'));
    requireScope(caller, scope);
    c.set('caller', caller);
    await next();
  });

/** The app or the deployment that a route is about. */
function aboutOf(c: Context<ApiEnv>): About {
  if (c.req.path.startsWith('/api/apps/')) return { slug: c.req.param('slug') };
  if (c.req.path.startsWith('/api/deployments/')) return { deploymentId: c.req.param('id') };
  return {};
}

/** Lets through every caller who is authenticated; sets `caller`. */
export const authenticated = createMiddleware<ApiEnv>(async (c, next) => {
  c.set('caller', await authenticate(c.req.raw, c.env, c.get('metadata')));
  await next();
});

/** Lets through people, in whatever team or in none; sets `person`. */
export const personOnly = createMiddleware<ApiEnv>(async (c, next) => {
  c.set('person', await authenticatePerson(c.req.raw, c.env, c.get('metadata')));
  await next();
});

/** Lets through runners, by their own credential; sets `runner`. */
export const runnerOnly = createMiddleware<ApiEnv>(async (c, next) => {
  c.set('runner', await authenticateRunner(c.req.raw, c.get('metadata')));
  await next();
});

/** Writes what the caller did into their team's audit log. */
export const audited = (c: Context<ApiEnv>, action: AuditAction, target: AuditTarget): Promise<void> =>
  note(c.get('metadata'), c.get('caller').ownerId, actorOf(c.get('caller')), action, target);

/** A JSON body of a request or answer, for `createRoute`. */
export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A request body that must be there. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { 'application/json': { schema } },
});

/** The refusals that every authorised route can answer with. */
export const refusals = {
  400: json(ErrorBody, 'Invalid input'),
  401: json(ErrorBody, 'No token, or an invalid one'),
  403: json(ErrorBody, 'The token lacks the required scope'),
  404: json(ErrorBody, 'Not found, or not yours'),
  409: json(ErrorBody, 'Not possible in the current state'),
} as const;

/** For `createRoute`: this route takes a bearer token. */
export const bearer = [{ bearer: [] }];
