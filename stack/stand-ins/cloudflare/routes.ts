/** The calls of Cloudflare's API that a deploy and wrangler make, on an account in memory. */
import type { Account, Script } from './account.ts';
import {
  type Answer,
  found,
  NO_BUCKET,
  NO_CORS,
  NO_PROJECT,
  NO_R2,
  NO_SCRIPT,
  NOT_ENTITLED,
  refused,
} from './answer.ts';

/** A call: `body` is parsed JSON, or the fields of a form. */
export interface Call {
  readonly query: URLSearchParams;
  readonly body: unknown;
}

type Handler = (account: Account, params: readonly string[], call: Call) => Answer;

const json = (call: Call) => (call.body ?? {}) as Record<string, unknown>;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Method and path (`*` is any part of a path), and what answers. The first that matches does. */
export const ROUTES: readonly (readonly [string, Handler])[] = [
  [
    'GET /zones',
    (account, _, { query }) => {
      const name = query.get('name');
      return found(account.zones.filter((zone) => name === null || zone.name === name));
    },
  ],
  [
    'GET /zones/*/dns_records',
    zone((one, _, { query }) => found(one.records.filter(({ name }) => name === query.get('name')))),
  ],
  [
    'POST /zones/*/dns_records',
    zone((one, _, call) => {
      const { type, name, content, proxied } = json(call);
      if (one.records.some((record) => record.name === name))
        return refused(400, 81058, 'An identical record already exists.');
      one.records.push({
        type: text(type),
        name: text(name),
        content: text(content),
        proxied: proxied === true,
      });
      return found({ id: 'record' });
    }),
  ],
  ['GET /zones/*/ssl/certificate_packs', zone((one) => found(one.certificates))],
  [
    'POST /zones/*/ssl/certificate_packs/order',
    zone((one, _, call) => {
      if (!one.advanced) return NOT_ENTITLED;
      one.certificates.push({ hosts: json(call).hosts as string[], status: 'pending_validation' });
      return found({});
    }),
  ],
  ['GET /zones/*/workers/routes', (account) => found(account.routes)],

  [
    'GET /accounts/*/d1/database',
    (account, _, { query }) =>
      found(
        [...account.databases]
          .filter(([, { name }]) => name.includes(query.get('name') ?? ''))
          .map(([uuid, { name }]) => ({ uuid, name })),
      ),
  ],
  [
    'POST /accounts/*/d1/database',
    (account, _, call) => {
      const name = text(json(call).name);
      if ([...account.databases.values()].some((one) => one.name === name)) {
        return refused(400, 7502, `A database with that name already exists`);
      }
      return found({ uuid: account.addDatabase(name), name });
    },
  ],
  [
    'GET /accounts/*/d1/database/*',
    (account, [, id = '']) =>
      found({ uuid: id, name: account.databases.get(id)?.name, version: 'production' }),
  ],
  [
    'POST /accounts/*/d1/database/*/query',
    (account, [, id = ''], call) => {
      const database = account.databases.get(id)?.sql;
      if (database === undefined) return refused(404, 7404, 'The database could not be found');
      try {
        return found(rowsOf(database, text(json(call).sql)));
      } catch (error) {
        return refused(400, 7500, String(error));
      }
    },
  ],

  ['GET /accounts/*/r2/buckets/*', bucket(() => found({}))],
  [
    'POST /accounts/*/r2/buckets',
    (account, _, call) => {
      if (account.buckets === null) return NO_R2;
      const name = text(json(call).name);
      if (account.buckets.has(name))
        return refused(409, 10004, 'The bucket you tried to create already exists, and you own it.');
      account.buckets.set(name, { cors: [], lifecycle: [] });
      return found({ name });
    },
  ],
  [
    'GET /accounts/*/r2/buckets/*/cors',
    bucket(({ cors }) => (cors.length === 0 ? NO_CORS : found({ rules: cors }))),
  ],
  [
    'PUT /accounts/*/r2/buckets/*/cors',
    bucket((one, call) => {
      one.cors = json(call).rules as unknown[];
      return found({});
    }),
  ],
  ['GET /accounts/*/r2/buckets/*/lifecycle', bucket(({ lifecycle }) => found({ rules: lifecycle }))],
  [
    'PUT /accounts/*/r2/buckets/*/lifecycle',
    bucket((one, call) => {
      one.lifecycle = json(call).rules as unknown[];
      return found({});
    }),
  ],

  [
    'GET /accounts/*/queues',
    (account, _, { query }) => {
      const name = query.get('name');
      const list = account.queues.filter((queue) => name === null || queue.name === name);
      return found(
        list.map(({ id, name, consumers }) => ({
          queue_id: id,
          queue_name: name,
          consumers,
          producers: [],
          consumers_total_count: consumers.length,
          producers_total_count: 0,
        })),
      );
    },
  ],
  [
    'POST /accounts/*/queues',
    (account, _, call) => {
      const name = text(json(call).queue_name);
      if (account.queues.some((queue) => queue.name === name))
        return refused(409, 11009, 'Queue name is already taken. Please use a different name and try again.');
      const id = (account.queues.length + 1).toString(16).padStart(32, '0');
      account.queues.push({ id, name, consumers: [] });
      return found({ queue_id: id, queue_name: name });
    },
  ],
  [
    'POST /accounts/*/queues/*/consumers',
    (account, [, id], call) => {
      account.queues
        .find((queue) => queue.id === id)
        ?.consumers.push({ id: crypto.randomUUID(), body: call.body });
      return found({});
    },
  ],

  [
    'GET /accounts/*/workers/domains',
    (account, _, { query }) =>
      found(account.customDomains.filter(({ hostname }) => hostname === query.get('hostname'))),
  ],
  [
    'GET /accounts/*/workers/scripts/*/secrets',
    script((one) => found([...one.secrets.keys()].map((name) => ({ name, type: 'secret_text' })))),
  ],
  [
    'GET /accounts/*/workers/scripts/*/deployments',
    script((one) =>
      found({
        deployments: [...one.versions]
          .reverse()
          .map(({ id }) => ({ id, versions: [{ version_id: id, percentage: 100 }], annotations: {} })),
      }),
    ),
  ],
  [
    'GET /accounts/*/workers/scripts/*/versions/*',
    script((one, [, , id]) => found(one.versions.find((version) => version.id === id))),
  ],
  [
    'GET /accounts/*/workers/services/*',
    script((one, [, name]) =>
      found({
        id: name,
        default_environment: {
          environment: 'production',
          script: {
            tag: 'tag',
            tags: null,
            last_deployed_from: 'wrangler',
            migration_tag: one.metadata.migration_tag,
          },
        },
      }),
    ),
  ],
  [
    'POST /accounts/*/workers/scripts/*/assets-upload-session',
    () => found({ jwt: 'completed', buckets: [] }),
  ],
  ['POST /accounts/*/workers/scripts/*/deployments', script((one) => found({ id: one.versions.at(-1)?.id }))],
  [
    'GET /accounts/*/workers/scripts/*/settings',
    script((one) => found({ bindings: one.metadata.bindings ?? [] })),
  ],
  [
    'POST /accounts/*/workers/scripts/*/domains/changeset',
    (_account, _params, call) => found({ added: call.body, removed: [], updated: [], conflicting: [] }),
  ],
  ['PATCH /accounts/*/workers/scripts/*/script-settings', script(() => found({}))],
  [
    'GET /accounts/*/workers/workers/*',
    script((one) =>
      found({ id: 'worker', subdomain: { enabled: false, previews_enabled: false }, ...one.metadata }),
    ),
  ],
  ['PUT /accounts/*/workers/scripts/*', putScript],
  ['POST /accounts/*/workers/scripts/*/versions', putScript],
  ['GET /accounts/*/workers/subdomain', () => found({ subdomain: 'example' })],
  ['GET /accounts/*/workers/scripts/*/subdomain', () => found({ enabled: false, previews_enabled: false })],
  ['POST /accounts/*/workers/scripts/*/subdomain', () => found({ enabled: false, previews_enabled: false })],
  [
    'PUT /accounts/*/workers/scripts/*/routes',
    (account, [, name = ''], call) => {
      account.routes = (call.body as { pattern: string }[]).map(({ pattern }) => ({ pattern, script: name }));
      return found(account.routes.map(({ pattern }) => pattern));
    },
  ],
  [
    'PUT /accounts/*/workers/scripts/*/domains/records',
    (account, [, service = ''], call) => {
      account.customDomains = (json(call).origins as { hostname: string }[]).map(({ hostname }) => ({
        hostname,
        service,
      }));
      return found({});
    },
  ],
  [
    'PUT /accounts/*/workers/scripts/*/schedules',
    (account, _, call) => {
      account.schedules = call.body as unknown[];
      return found({});
    },
  ],

  [
    'GET /accounts/*/pages/projects/*',
    project((one) =>
      found({
        name: 'project',
        subdomain: 'project.pages.dev',
        production_branch: 'main',
        deployment_configs: { production: {}, preview: {} },
        latest_deployment:
          one.message === null ? null : { deployment_trigger: { metadata: { commit_message: one.message } } },
      }),
    ),
  ],
  [
    'POST /accounts/*/pages/projects',
    (account, _, call) => {
      account.projects.set(text(json(call).name), { domains: [], message: null });
      return found({ name: json(call).name, subdomain: `${text(json(call).name)}.pages.dev` });
    },
  ],
  [
    'GET /accounts/*/pages/projects/*/domains',
    project((one) => found(one.domains.map((name) => ({ name })))),
  ],
  [
    'POST /accounts/*/pages/projects/*/domains',
    project((one, call) => {
      one.domains.push(text(json(call).name));
      return found({});
    }),
  ],
  [
    'GET /accounts/*/pages/projects/*/upload-token',
    () => found({ jwt: 'a.eyJleHAiOjk5OTk5OTk5OTksIm1heF9maWxlX2NvdW50X2FsbG93ZWQiOjIwMDAwfQ.b' }),
  ],
  ['POST /pages/assets/check-missing', () => found([])],
  ['POST /pages/assets/upsert-hashes', () => found(true)],
  [
    'POST /accounts/*/pages/projects/*/deployments',
    project((one, call) => {
      one.message = text(json(call).commit_message);
      return found({ id: 'deployment', url: 'https://deployment.project.pages.dev' });
    }),
  ],
  [
    'GET /accounts/*/pages/projects/*/deployments/*',
    () =>
      found({
        latest_stage: { name: 'deploy', status: 'success' },
        url: 'https://deployment.project.pages.dev',
      }),
  ],
  ['GET /user', () => refused(400, 9109, 'Unauthorized to access requested resource')],
  ['GET /accounts', () => found([])],
  ['GET /memberships', () => found([])],
];

function zone(
  answer: (one: Account['zones'][number], params: readonly string[], call: Call) => Answer,
): Handler {
  return (account, params, call) => {
    const one = account.zones.find(({ id }) => id === params[0]);
    return one === undefined ? refused(404, 1001, 'Invalid zone identifier') : answer(one, params, call);
  };
}

function bucket(answer: (one: { cors: unknown[]; lifecycle: unknown[] }, call: Call) => Answer): Handler {
  return (account, [, name = ''], call) => {
    if (account.buckets === null) return NO_R2;
    const one = account.buckets.get(name);
    return one === undefined ? NO_BUCKET : answer(one, call);
  };
}

function script(answer: (one: Script, params: readonly string[]) => Answer): Handler {
  return (account, params) => {
    const one = account.scripts.get(params[1] ?? '');
    return one === undefined ? NO_SCRIPT : answer(one, params);
  };
}

function project(
  answer: (one: { domains: string[]; message: string | null }, call: Call) => Answer,
): Handler {
  return (account, [, name = ''], call) => {
    const one = account.projects.get(name);
    return one === undefined ? NO_PROJECT : answer(one, call);
  };
}

/** An upload: secrets and annotations are in the field `metadata` of the form. */
function putScript(account: Account, [, name = '']: readonly string[], call: Call): Answer {
  const metadata = JSON.parse(text(json(call).metadata)) as {
    main_module?: string;
    bindings?: { type: string; name: string; text?: string }[];
    annotations?: Record<string, string>;
    migrations?: { new_tag?: string };
  };
  const none: Script = { secrets: new Map(), versions: [], main: '', metadata: {} };
  const one = account.scripts.get(name) ?? none;
  for (const { type, name: secret, text: value } of metadata.bindings ?? []) {
    if (type === 'secret_text') one.secrets.set(secret, value ?? '');
  }
  const version = { id: crypto.randomUUID(), annotations: metadata.annotations ?? {} };
  one.versions.push(version);
  one.main = text(json(call)[metadata.main_module ?? '']);
  one.metadata = { ...metadata, migration_tag: metadata.migrations?.new_tag ?? one.metadata.migration_tag };
  account.scripts.set(name, one);
  return found({
    id: version.id,
    deployment_id: version.id,
    tag: 'tag',
    available_on_subdomain: false,
    startup_time_ms: 10,
    // Of a new version of a Worker that exists.
    resources: { script: { etag: version.id } },
  });
}

/** Each statement's rows, as D1 answers them. */
function rowsOf(
  database: NonNullable<ReturnType<Account['databases']['get']>>['sql'],
  sql: string,
): unknown[] {
  const isQuery = /^\s*(?:SELECT|PRAGMA|WITH)\b/i.test(sql);
  if (isQuery) return [{ success: true, results: database.prepare(sql).all(), meta: { duration: 1 } }];
  database.exec(sql);
  return [{ success: true, results: [], meta: { duration: 1 } }];
}
