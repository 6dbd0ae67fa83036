/** `POST /load`: all that the server host needs to run a deployment's server. */
import {
  moduleType,
  SERVER_FOLDER,
  type ServerLoad,
  type SiteEntry,
  type StateScope,
  siteFile,
} from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { metadataOf } from '../../metadata/index.ts';
import { isUntrusted, scopeOf } from '../../metadata/sites.ts';
import { dashboardHost, sitesDomain } from '../../sites/hosts/domain.ts';
import { siteOfDeployment } from '../../sites/serve/manifests.ts';
import { contentsInOrder } from '../../sites/store/contents.ts';
import { objectsOf } from '../../storage/index.ts';
import { LoadRequest } from '../visit/protocol.ts';
import { environmentOfServer } from './environment.ts';

/** 404 if there is no such server; throws AppFluxError `unavailable` or `artifact_damaged` if it can't be read. */
export async function answerLoad(
  request: Request,
  env: Env,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
): Promise<Response> {
  const asked = LoadRequest.parse(await request.json());
  const metadata = metadataOf(env);
  const [app, deployment] = await Promise.all([
    metadata.apps.byId(asked.appId),
    metadata.deployments.byId(asked.deploymentId),
  ]);
  if (app === null || deployment === null || deployment.appId !== app.id || deployment.status !== 'success')
    return notFound();
  const own = scopeOf({ ...deployment, isUntrusted: isUntrusted(deployment) });
  if (!mayLoadAs(asked.scope, own)) return notFound();
  const site = await siteOfDeployment(env, ctx, { id: deployment.id, appId: app.id });
  if (site?.server === undefined) return notFound();
  const modules = site.reserved.filter(([path]) => path.startsWith(SERVER_FOLDER)).sort(byPlace);
  const environment = asked.scope === 'production' ? 'production' : 'preview';
  const head: ServerLoad = {
    spec: site.server,
    variables: await environmentOfServer(env, { app, deployment, environment, isFork: isFork(asked.scope) }),
    ownHosts: [dashboardHost(env), sitesDomain(env)].filter((host) => host !== null),
    allowHosts: app.server.allowHosts,
    allowPrivate: env.APPFLUX_ALLOW_PRIVATE_TARGETS === '1',
    modules: modules.map((entry) => {
      const { path, size } = siteFile(entry);
      const name = path.slice(SERVER_FOLDER.length);
      return { name, type: moduleType(name), bytes: size };
    }),
  };
  const contents = contentsInOrder(objectsOf(env), site, modules);
  return new Response(framed(head, contents), { headers: { 'Content-Type': 'application/octet-stream' } });
}

const notFound = () => new Response(null, { status: 404 });

const isFork = (scope: StateScope): boolean => scope.startsWith('fork-');

/**
 * A deployment that was promoted a moment ago may be loaded as the preview that it was; nothing else gets more than it has
 * by its record.
 */
const mayLoadAs = (asked: StateScope, own: StateScope): boolean =>
  asked === own || (own === 'production' && asked !== 'production');

/** Modules in the order in which storage has them. */
function byPlace(one: SiteEntry, other: SiteEntry): number {
  const [a, b] = [siteFile(one), siteFile(other)];
  return a.pack - b.pack || a.offset - b.offset || (a.path < b.path ? -1 : 1);
}

/** The length of the head, the head as JSON, and the contents. */
function framed(
  head: ServerLoad,
  contents: AsyncGenerator<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array> {
  const json = new TextEncoder().encode(JSON.stringify(head));
  const first = new Uint8Array(4 + json.length);
  new DataView(first.buffer).setUint32(0, json.length);
  first.set(json, 4);
  const total = head.modules.reduce((sum, { bytes }) => sum + bytes, first.length);
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(first),
    pull: async (controller) => {
      const { value, done } = await contents.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await contents.return(undefined);
    },
  });
  return body.pipeThrough(new FixedLengthStream(total));
}
