/** Apps and their variables. */
import {
  type ActiveApp,
  App,
  AppFluxError,
  CreateApp,
  DEFAULT_TRIGGERS,
  type FileInfo,
  ListAppsQuery,
  ListedApp,
  pageOf,
  RESERVED_SLUGS,
  repoKeyOf,
  SettableVariableName,
  Slug,
  slugFromName,
  UpdateApp,
  VariableChange,
  type VariableInfo,
  VariableInput,
  VariableName,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Env } from '../env.ts';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { type Caller, requireScope } from '../identity/caller.ts';
import { type Hashing, hashingOf } from '../identity/hashes.ts';
import {
  APP_SITE_DEFAULTS,
  APP_TRIGGER_DEFAULTS,
  type AppRecord,
  type Metadata,
  type SealedVariable,
} from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { pictureUrl } from '../pictures/url.ts';
import { deleteApp } from '../removal/delete-app.ts';
import { retentionDefaults } from '../retention/policy.ts';
import { createSealer } from '../secrets/sealing.ts';
import { sealVariable } from '../secrets/variable.ts';
import { setting } from '../settings.ts';
import { siteUrl } from '../sites/hosts/domain.ts';
import { appLabel } from '../sites/hosts/labels.ts';
import { forgetSite } from '../sites/hosts/resolve.ts';
import { appChange, definedOf } from './app-change.ts';
import { requireUnchanged } from './seen-settings.ts';
import { bytesOfVariable, requireRoomFor, requireVariableRoom } from './variable-room.ts';

const BySlug = z.object({ slug: Slug });
const ByVariable = BySlug.extend({ name: VariableName });
const BySettableVariable = BySlug.extend({ name: SettableVariableName });

/** The API's answer for an app: variables and files by name only. */
export async function toApp(record: AppRecord, { metadata, env }: Parts): Promise<App> {
  const [app] = await toApps([record], { metadata, env });
  if (app === undefined) throw new Error('One record gives one app');
  return app;
}

/** The API's answers for apps, 100 at most. */
export async function toApps(records: readonly AppRecord[], { metadata, env }: Parts): Promise<App[]> {
  const [files, sites, pictures] = await Promise.all([
    metadata.files.list(records.map(({ id }) => id)),
    metadata.sites.published(releasesOf(records)),
    metadata.deployments.pictures(releasesOf(records)),
  ]);
  return records.map((app) => shown(app, { files: files.get(app.id) ?? [], sites, pictures, env }));
}

/** The same with what happened to each last. */
export async function toActiveApps(
  records: readonly AppRecord[],
  { kind, id, ownerId }: Caller,
  parts: Parts,
): Promise<ActiveApp[]> {
  const { appLists } = parts.metadata;
  const [apps, recent, favourites] = await Promise.all([
    toApps(records, parts),
    appLists.recent(records.map((record) => record.id)),
    kind === 'user' && id !== null ? appLists.favourites(id, ownerId) : [],
  ]);
  const marked = new Set(favourites);
  return apps.map((app) => ({
    ...app,
    activity: {
      ...(recent.get(app.id) ?? { latest: null, builds: [] }),
      isFavourite: marked.has(app.id),
    },
  }));
}

interface Parts {
  metadata: Metadata;
  env: Env;
}

const releasesOf = (apps: readonly AppRecord[]): string[] =>
  apps.flatMap(({ release }) => (release === null ? [] : [release]));

/** `sites` are the releases that are sites, `pictures` when those that have a picture were pictured. */
function shown(
  {
    envVars,
    passwordHash,
    schedules: _,
    scheduleDueAt: __,
    schedulesRevision: ___,
    repoKey: ____,
    repositoryId: _____,
    serverRevision: ______,
    settingsRevision: _______,
    ...record
  }: AppRecord,
  {
    files,
    sites,
    pictures,
    env,
  }: { files: FileInfo[]; sites: readonly string[]; pictures: ReadonlyMap<string, string>; env: Env },
): App {
  const publicUrl = setting(env, 'PUBLIC_URL');
  const isSite = record.release !== null && sites.includes(record.release);
  const site = isSite ? siteUrl(env, appLabel(record.slug)) : null;
  return {
    ...record,
    retentionDefaults: retentionDefaults(env),
    envVars: Object.entries(envVars).map(([name, variable]) => variableInfo(name, variable)),
    files,
    hasPassword: passwordHash !== null,
    picture:
      record.release === null ? null : pictureUrl(publicUrl, record.release, pictures.get(record.release)),
    urls: {
      self: `${publicUrl}/api/apps/${record.slug}`,
      page: `${publicUrl}/a/${record.slug}`,
      ...(site === null ? {} : { site }),
    },
  };
}

const variableInfo = (
  name: string,
  { environments, sensitive, automatic = true, updatedAt }: SealedVariable,
): VariableInfo => ({
  name,
  environments,
  sensitive: sensitive ?? null,
  automatic,
  updatedAt: updatedAt ?? null,
});

/** The owner's app of that slug; `not_found` for anybody else's. */
export async function ownedApp(metadata: Metadata, ownerId: string, slug: string): Promise<AppRecord> {
  const app = await metadata.apps.bySlug(slug);
  if (app === null || app.ownerId !== ownerId) throw new AppFluxError('not_found', `There is no app ${slug}`);
  return app;
}

export const apps = router();

apps.openapi(
  createRoute({
    method: 'post',
    path: '/api/apps',
    summary: 'Create an app',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:write')] as const,
    request: { body: jsonBody(CreateApp) },
    responses: { 201: json(App, 'The app'), ...refusals },
  }),
  async (c) => {
    const body = c.req.valid('json');
    const { name, slug = slugFromName(name), type = null, source, build, retention } = body;
    const variables = new Map(
      Object.entries(body.envVars ?? {}).map(([key, value]) => [key, inputOf(value)]),
    );
    if (RESERVED_SLUGS.has(slug)) {
      throw new AppFluxError('unprocessable', `"${slug}" is reserved`, {
        hint: 'Choose a different slug.',
      });
    }
    requireVariableRoom(
      new Map([...variables].map(([key, { value }]) => [key, bytesOfVariable(key, value)])),
    );
    const id = newObjectId();
    const record: AppRecord = {
      id,
      ownerId: c.get('caller').ownerId,
      name,
      slug,
      type,
      detectedType: null,
      source,
      build: build ?? CreateApp.shape.build.unwrap().parse({}),
      retention: retention ?? CreateApp.shape.retention.unwrap().parse({}),
      envVars: await sealAll(c.env, id, variables),
      release: null,
      ...APP_SITE_DEFAULTS,
      budgets: body.budgets ?? [],
      ...APP_TRIGGER_DEFAULTS,
      triggers: { ...DEFAULT_TRIGGERS, ...definedOf(body.triggers ?? {}) },
      repoKey: source.provider === 'upload' ? null : repoKeyOf(source.repoUrl),
      createdAt: new Date().toISOString(),
    };
    const metadata = c.get('metadata');
    await metadata.apps.insert(record);
    await audited(c, 'app.create', { kind: 'app', id, name: slug });
    return c.json(await toApp(record, { metadata, env: c.env }), 201);
  },
);

/** How often a change is tried while others change the same app. */
const CHANGE_ATTEMPTS = 5;

/** Changes an app, if its settings are still those that the caller saw. Throws `settings_changed`, and like `appChange`. */
async function changeApp(
  { metadata, caller, hashing }: { metadata: Metadata; caller: Caller; hashing: Hashing },
  slug: string,
  body: UpdateApp,
) {
  for (let attempt = 1; ; attempt += 1) {
    const app = await ownedApp(metadata, caller.ownerId, slug);
    if (body.from !== undefined) requireUnchanged(app, body.from);
    const change = await appChange(app, body, caller, hashing);
    // Without `from`, the last one who saves wins.
    const revision = body.from === undefined ? undefined : app.settingsRevision;
    const changed = await metadata.apps.update(app.id, change, revision);
    if (changed !== null) return { app, change, changed };
    if (body.from === undefined || attempt === CHANGE_ATTEMPTS) {
      throw new AppFluxError('settings_changed', `The settings of ${slug} are being changed`, {
        hint: 'Load the app again, then repeat your change.',
      });
    }
  }
}

/** A variable may be given as its value alone. */
const inputOf = (variable: string | VariableInput): VariableInput =>
  typeof variable === 'string' ? { value: variable } : variable;

async function sealAll(
  env: Env,
  appId: string,
  variables: ReadonlyMap<string, VariableInput>,
): Promise<Record<string, SealedVariable>> {
  const sealer = createSealer(env);
  const sealed = Array.from(variables, async ([name, variable]) => [
    name,
    await sealVariable(sealer, { appId, name }, variable),
  ]);
  return Object.fromEntries(await Promise.all(sealed));
}

apps.openapi(
  createRoute({
    method: 'get',
    path: '/api/apps',
    summary: 'List your apps, newest first',
    description:
      '`q` filters by name and slug, ignoring case. `include=activity` adds the latest deployment of each, its last builds, and whether you marked it as a favourite.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:read')] as const,
    request: { query: ListAppsQuery },
    responses: { 200: json(pageOf(ListedApp), 'Apps'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { q, include, ...query } = c.req.valid('query');
    const page = await metadata.apps.list(c.get('caller').ownerId, query, q);
    const parts = { metadata, env: c.env };
    if (include === undefined) return c.json({ ...page, items: await toApps(page.items, parts) }, 200);
    requireScope(c.get('caller'), 'deployments:read');
    return c.json({ ...page, items: await toActiveApps(page.items, c.get('caller'), parts) }, 200);
  },
);

apps.openapi(
  createRoute({
    method: 'get',
    path: '/api/apps/{slug}',
    summary: 'Get an app',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:read')] as const,
    request: { params: BySlug },
    responses: { 200: json(App, 'The app'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const app = await ownedApp(metadata, c.get('caller').ownerId, c.req.valid('param').slug);
    return c.json(await toApp(app, { metadata, env: c.env }), 200);
  },
);

apps.openapi(
  createRoute({
    method: 'patch',
    path: '/api/apps/{slug}',
    summary: 'Change an app; omitted fields stay unchanged',
    description:
      'With `from`, the settings that you saw, nothing changes if one of them is another by now: 409 `settings_changed` names each.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:write')] as const,
    request: { params: BySlug, body: jsonBody(UpdateApp) },
    responses: { 200: json(App, 'The app'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { app, change, changed } = await changeApp(
      { metadata, caller: c.get('caller'), hashing: hashingOf(c.env) },
      c.req.valid('param').slug,
      c.req.valid('json'),
    );
    forgetSite(app.id);
    const target = { kind: 'app', id: app.id, name: app.slug } as const;
    await audited(c, 'app.update', target);
    if (change.access !== undefined || change.passwordHash !== undefined)
      await audited(c, 'app.access', target);
    return c.json(await toApp(changed, { metadata, env: c.env }), 200);
  },
);

apps.openapi(
  createRoute({
    method: 'delete',
    path: '/api/apps/{slug}',
    summary: 'Delete an app with its deployments, logs and artifacts',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:write')] as const,
    request: { params: BySlug },
    responses: { 204: { description: 'Deleted' }, ...refusals },
  }),
  async (c) => {
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, c.req.valid('param').slug);
    await deleteApp(app, {
      env: c.env,
      metadata: c.get('metadata'),
      objects: c.get('objects'),
      presigner: c.get('presigner'),
    });
    await audited(c, 'app.delete', { kind: 'app', id: app.id, name: app.slug });
    return c.body(null, 204);
  },
);

apps.openapi(
  createRoute({
    method: 'put',
    path: '/api/apps/{slug}/env/{name}',
    summary: 'Set a variable',
    description:
      'The value is encrypted and can’t be read back. Logs and records of builds hide it if the variable is sensitive: by your choice, or else by its name and value. Deployments that are already queued don’t get the change.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('variables:write')] as const,
    request: { params: BySettableVariable, body: jsonBody(VariableInput) },
    responses: { 204: { description: 'Set' }, ...refusals },
  }),
  async (c) => {
    const { slug, name } = c.req.valid('param');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
    const input = c.req.valid('json');
    requireRoomFor(app.envVars, name, input.value);
    const earlier = Object.hasOwn(app.envVars, name) ? app.envVars[name] : undefined;
    const place = { appId: app.id, name };
    const variable = await sealVariable(createSealer(c.env), place, input, earlier);
    await c.get('metadata').apps.setVariable(app.id, name, variable);
    forgetSite(app.id);
    await audited(c, 'variable.set', { kind: 'variable', id: app.id, name: `${slug}: ${name}` });
    return c.body(null, 204);
  },
);

apps.openapi(
  createRoute({
    method: 'patch',
    path: '/api/apps/{slug}/env/{name}',
    summary: 'Change a variable and keep its value',
    description: 'Omitted fields stay unchanged. Deployments that are already queued don’t get the change.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('variables:write')] as const,
    request: { params: ByVariable, body: jsonBody(VariableChange) },
    responses: { 204: { description: 'Changed' }, ...refusals },
  }),
  async (c) => {
    const { slug, name } = c.req.valid('param');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
    const { environments, sensitive } = c.req.valid('json');
    const change = {
      ...(environments && { environments }),
      ...(sensitive && { sensitive, automatic: false }),
      updatedAt: new Date().toISOString(),
    };
    if (!(await c.get('metadata').apps.changeVariable(app.id, name, change))) throw noVariable(slug, name);
    forgetSite(app.id);
    await audited(c, 'variable.set', { kind: 'variable', id: app.id, name: `${slug}: ${name}` });
    return c.body(null, 204);
  },
);

const noVariable = (slug: string, name: string) =>
  new AppFluxError('not_found', `${slug} has no variable ${name}`);

apps.openapi(
  createRoute({
    method: 'delete',
    path: '/api/apps/{slug}/env/{name}',
    summary: 'Delete a variable',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('variables:write')] as const,
    request: { params: ByVariable },
    responses: { 204: { description: 'Deleted' }, ...refusals },
  }),
  async (c) => {
    const { slug, name } = c.req.valid('param');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
    if (!(await c.get('metadata').apps.deleteVariable(app.id, name))) throw noVariable(slug, name);
    forgetSite(app.id);
    await audited(c, 'variable.delete', { kind: 'variable', id: app.id, name: `${slug}: ${name}` });
    return c.body(null, 204);
  },
);
