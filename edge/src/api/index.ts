/** The HTTP entry point: the routers of all resources, the middleware, and the dashboard's files. */
import { AppFluxError, isAppFluxError } from '@appflux/protocol';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { auth } from '../auth/index.ts';
import { serveDashboard } from '../dashboard/serve.ts';
import { asDiskFull } from '../disk/disk.ts';
import { callBudget } from '../http/call-budget/index.ts';
import { countRequests } from '../http/count-requests.ts';
import { requestLog } from '../http/request-log.ts';
import { type ApiEnv, router } from '../http/router.ts';
import { journal, noteError, withReason } from '../journal.ts';
import { metadataOf } from '../metadata/index.ts';
import { storeErrors } from '../operations/store-errors.ts';
import { provenanceTerms } from '../provenance/terms.ts';
import { publicPages } from '../publish/index.ts';
import { setting } from '../settings.ts';
import { fileGuard, ownStepOfPage, pageGuard } from '../sites/access/guard.ts';
import { updates } from '../sites/updates/index.ts';
import { objectsOf, presignerOf } from '../storage/index.ts';
import { VERSION } from '../version.ts';
import { activity } from './activity.ts';
import { addresses } from './addresses.ts';
import { analytics } from './analytics.ts';
import { appFiles } from './app-files.ts';
import { apps } from './apps.ts';
import { audit } from './audit.ts';
import { backups } from './backups.ts';
import { config } from './config.ts';
import { deadLetters } from './dead-letters.ts';
import { deployHooks } from './deploy-hooks.ts';
import { deployments } from './deployments.ts';
import { device } from './device.ts';
import { domains } from './domains.ts';
import { expoUpdates } from './expo-updates.ts';
import { favourites } from './favourites.ts';
import { gitHooks } from './git-hooks.ts';
import { github } from './github.ts';
import { githubInstallations } from './github-installations.ts';
import { health } from './health.ts';
import { hooks } from './hooks.ts';
import { invitations } from './invitations.ts';
import { links } from './links.ts';
import { logs } from './logs.ts';
import { looks } from './looks.ts';
import { maintenance } from './maintenance.ts';
import { members } from './members.ts';
import { metrics } from './metrics.ts';
import { metricsTokens } from './metrics-tokens.ts';
import { notes } from './notes.ts';
import { ops } from './ops.ts';
import { outbox } from './outbox.ts';
import { overview } from './overview.ts';
import { pictures } from './pictures.ts';
import { pins } from './pins.ts';
import { poolMetrics } from './pool-metrics.ts';
import { provenance } from './provenance.ts';
import { releases } from './releases.ts';
import { runnerInstall } from './runner-install.ts';
import { runnerRegistration } from './runner-registration.ts';
import { runnerWork } from './runner-work.ts';
import { runners } from './runners.ts';
import { runtime } from './runtime.ts';
import { schedules } from './schedules.ts';
import { sealing } from './sealing.ts';
import { siteAccess } from './site-access.ts';
import { siteComparison } from './site-comparison.ts';
import { sourceCredential } from './source-credential.ts';
import { state } from './state.ts';
import { sweeps } from './sweeps.ts';
import { team } from './team.ts';
import { teamLimits } from './team-limits.ts';
import { teamOverview } from './team-overview.ts';
import { tokens } from './tokens.ts';
import { uploads } from './uploads.ts';
import { webhookSecrets } from './webhook-secrets.ts';

/** Bodies are JSON; what is larger goes straight to storage. */
const MAX_BODY_BYTES = 1024 * 1024;

export const api = router();

api.onError(refuse);

api.use('*', countRequests);
api.use('*', async (c, next) => {
  await next();
  c.executionCtx.waitUntil(storeErrors(c.env));
});
api.use('*', requestLog);
api.use(async (c, next) => {
  c.set('metadata', metadataOf(c.env));
  c.set('objects', objectsOf(c.env));
  c.set('presigner', presignerOf(c.env));
  await next();
});

api.use('/api/*', callBudget);
api.use('/hooks/deploy/*', callBudget);

api.use(
  '/api/*',
  bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new AppFluxError('body_too_large', 'The body is larger than 1 MB', {
        hint: 'Source code goes straight to storage: see POST /api/uploads.',
      });
    },
  }),
);

api.use('/api/*', async (c, next) => {
  await next();
  // WebSocket upgrades have immutable headers and nothing to protect.
  if (c.res.webSocket == null) {
    c.res.headers.set('X-Content-Type-Options', 'nosniff');
    if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store');
  }
});

for (const resource of [
  health,
  apps,
  appFiles,
  favourites,
  uploads,
  deployments,
  analytics,
  runtime,
  releases,
  expoUpdates,
  siteAccess,
  links,
  notes,
  pins,
  domains,
  provenance,
  pictures,
  siteComparison,
  logs,
  poolMetrics,
  runnerRegistration,
  runners,
  runnerInstall,
  runnerWork,
  tokens,
  device,
  members,
  team,
  teamLimits,
  invitations,
  deployHooks,
  schedules,
  state,
  github,
  githubInstallations,
  sourceCredential,
  hooks,
  gitHooks,
  webhookSecrets,
  audit,
  activity,
  backups,
  metrics,
  metricsTokens,
  config,
  ops,
  maintenance,
  outbox,
  overview,
  teamOverview,
  sealing,
  sweeps,
  deadLetters,
  addresses,
  // After all others: an app may be called “look”.
  looks,
])
  api.route('/', resource);

api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
  type: 'http',
  scheme: 'bearer',
  description: 'An API token, or the access token of a signed-in user.',
});

api.doc31('/api/openapi.json', (c) => ({
  openapi: '3.1.0',
  info: {
    title: 'AppFlux',
    version: VERSION,
    description: 'Builds and deploys apps from a Git push or a ZIP.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: setting(c.env, 'PUBLIC_URL') }],
}));

api.all('/api/*', (c) => {
  throw new AppFluxError('not_found', `There is no ${c.req.method} ${c.req.path}`, {
    hint: 'GET /api/openapi.json lists every call.',
  });
});

api.route('/auth/v1', auth);
api.route('/', provenanceTerms);
api.all('/.appflux/*', ownStepOfPage);
api.use('/a/:slug/*', pageGuard);
api.use('/dl/:deploymentId/:name', fileGuard);
api.route('/', publicPages);
api.route('/', updates);

// Everything else is the dashboard, a single page that finds its own way.
api.get('*', secureHeaders({ xFrameOptions: 'DENY', crossOriginEmbedderPolicy: false }), (c) =>
  serveDashboard(c.req.raw, c.env),
);

async function refuse(error: Error, c: Context<ApiEnv>): Promise<Response> {
  const refusal = await asDiskFull(asRefusal(error), c.env);
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' };
  if (refusal.status >= 500) headers['X-Request-Id'] = noteRefusal(refusal, error, c);
  if (refusal.retryAfterSeconds !== undefined) headers['Retry-After'] = String(refusal.retryAfterSeconds);
  if (refusal.code === 'unauthorized') headers['WWW-Authenticate'] = 'Bearer';
  return c.json(refusal.toBody(), refusal.status, headers);
}

/** Counts a refusal that is this instance's fault, and logs it if it says nothing by itself. Gives the request's id. */
function noteRefusal(refusal: AppFluxError, error: Error, c: Context<ApiEnv>): string {
  const requestId = crypto.randomUUID();
  const origin = { source: `${c.req.method} ${c.req.routePath}`, requestId };
  if (refusal.code === 'internal') journal.error(`${c.req.method} ${c.req.path} failed`, error, origin);
  else noteError(withReason(refusal.message, refusal.cause), refusal, origin);
  return requestId;
}

function asRefusal(error: Error): AppFluxError {
  if (isAppFluxError(error)) return error;
  if (error instanceof HTTPException && error.status === 400) {
    return new AppFluxError('bad_request', 'The body is not JSON', {
      hint: 'Send `Content-Type: application/json`.',
      cause: error,
    });
  }
  return new AppFluxError('internal', 'Something went wrong on our side', { cause: error });
}
