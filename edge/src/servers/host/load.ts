/** Loads the servers of sites. */
import { ServerLoad, type ServerVisit } from '@appflux/protocol';
import { CONTROL_URL, type LoadRequest, type ServerFailure } from '../visit/protocol.ts';
import type { EgressProps } from './egress/egress.ts';
import { ENTRY, ENTRY_VERSION, entryModules } from './entry.ts';
import { exportsOf, type HostEnv } from './env.ts';
import { LoadRefused } from './failure.ts';
import { maskOf, secretsIn } from './runtime/observe.ts';
import { stateBindings } from './state/bindings.ts';

/** Which server, with which variables. */
export type ServerId = Pick<ServerVisit, 'appId' | 'deploymentId' | 'scope' | 'revision'>;

type Context = Pick<ExecutionContext, 'exports'>;

/** What a server may use for one request on Cloudflare; one machine has a watchdog. */
const LIMITS = { cpuMs: 30_000, subRequests: 1_000 };

/** The newest compatibility date that this version was tried with: a later one would be refused. */
const NEWEST_DATE = '2026-11-01';

/** A server that could not be had when it was last asked for. */
interface Refusal {
  readonly failure: ServerFailure;
  /** Unix milliseconds. */
  readonly at: number;
  /** How often it was refused. */
  readonly times: number;
}

/** By server. What is thrown while one is loaded arrives where it is called as a bare text, so it is noted here. */
const refusals = new Map<string, Refusal>();

/** How many are remembered. When there are more, all are forgotten. */
const MOST_REFUSALS = 10_000;

/** How long a refused server is not asked for again, in milliseconds. */
const REFUSED_FOR_MS = 1_000;

/** How often all refusals were forgotten. */
let forgotten = 0;

/** What names a loaded server: the same code with the same variables. */
export const nameOf = ({ deploymentId, scope, revision }: Omit<ServerId, 'appId'>): string =>
  `${deploymentId}:${scope}:${revision}:${ENTRY_VERSION}`;

/**
 * The server of a site. It is loaded with its first request, in an isolate that stays for later ones; other code or
 * variables are another isolate. Null if it was refused a moment ago. `failureOf` says why, and explains what `fetch` throws.
 * `entrypoint`: another one than the default export.
 */
export function loadServer(id: ServerId, env: HostEnv, ctx: Context, entrypoint?: string): Fetcher | null {
  const name = nameOf(id);
  const refusal = refusals.get(name);
  if (refusal !== undefined && Math.abs(Date.now() - refusal.at) < REFUSED_FOR_MS) return null;
  // The loader keeps a load that has failed under its key, too.
  const key = `${name}:${forgotten}:${refusal?.times ?? 0}`;
  const load = async () => {
    try {
      return await codeOf(id, env, ctx);
    } catch (error) {
      refuse(name, error instanceof LoadRefused ? error.failure : 'threw');
      throw error;
    }
  };
  return env.LOADER.get(key, load).getEntrypoint(entrypoint);
}

function refuse(name: string, failure: ServerFailure): void {
  if (refusals.size >= MOST_REFUSALS && !refusals.has(name)) {
    refusals.clear();
    forgotten += 1;
  }
  refusals.set(name, { failure, at: Date.now(), times: (refusals.get(name)?.times ?? 0) + 1 });
}

/** Why a server gives no answer but an error. */
export function failureOf(id: ServerId): ServerFailure {
  const refusal = refusals.get(nameOf(id));
  const isRecent = refusal !== undefined && Math.abs(Date.now() - refusal.at) < REFUSED_FOR_MS;
  return isRecent ? refusal.failure : 'threw';
}

async function codeOf(id: ServerId, env: HostEnv, ctx: Context): Promise<WorkerLoaderWorkerCode> {
  const { appId, deploymentId, scope } = id;
  const { load, modules } = await readLoad(await askForLoad(id, env));
  const { spec, variables, ownHosts, allowHosts, allowPrivate } = load;
  const entrypoints = exportsOf(ctx);
  const { SiteAssets, SelfReference, Egress, RuntimeTail } = entrypoints;
  const [key, secrets] = [nameOf(id), secretsIn(variables)];
  // For errors of loading itself, which no tail gets.
  maskOf(key, secrets);
  const egress: EgressProps = { appId, deploymentId, scope, name: key, ownHosts, allowHosts, allowPrivate };
  return {
    compatibilityDate: spec.compatibilityDate < NEWEST_DATE ? spec.compatibilityDate : NEWEST_DATE,
    compatibilityFlags: spec.compatibilityFlags,
    limits: LIMITS,
    mainModule: ENTRY,
    modules: { ...modules, ...entryModules(spec) },
    env: {
      ...spec.vars,
      ...variables,
      ...stateBindings(spec.bindings, { appId, scope }, entrypoints),
      ASSETS: SiteAssets({ props: { appId, deploymentId } }),
      WORKER_SELF_REFERENCE: SelfReference({ props: id }),
    },
    globalOutbound: Egress({ props: egress }),
    tails: [RuntimeTail({ props: { appId, deploymentId, scope, key, secrets, crons: spec.crons } })],
  };
}

/** Asks the control plane for the modules and variables. Throws LoadRefused. */
async function askForLoad({ appId, deploymentId, scope }: ServerId, env: HostEnv): Promise<Response> {
  const asked: LoadRequest = { appId, deploymentId, scope };
  let answer: Response;
  try {
    answer = await env.CONTROL.fetch(`${CONTROL_URL}/load`, { method: 'POST', body: JSON.stringify(asked) });
  } catch (error) {
    throw new LoadRefused('unavailable', `The control plane doesn't respond: ${String(error)}`);
  }
  if (answer.ok) return answer;
  await answer.body?.cancel();
  throw new LoadRefused(answer.status === 404 ? 'missing' : 'unavailable', `Loading: ${answer.status}`);
}

/** The answer of `/load`: its head, and the modules. Throws LoadRefused if the connection ends early. */
async function readLoad(
  answer: Response,
): Promise<{ load: ServerLoad; modules: Record<string, WorkerLoaderModule> }> {
  const bytes = await answer.arrayBuffer().catch((error: unknown) => {
    throw new LoadRefused('unavailable', `The control plane closed the connection: ${String(error)}`);
  });
  const headLength = new DataView(bytes).getUint32(0);
  const text = new TextDecoder();
  const load = ServerLoad.parse(JSON.parse(text.decode(new Uint8Array(bytes, 4, headLength))));
  const modules: Record<string, WorkerLoaderModule> = {};
  let at = 4 + headLength;
  for (const { name, type, bytes: length } of load.modules) {
    if (at + length > bytes.byteLength)
      throw new LoadRefused('unavailable', 'The control plane closed the connection early');
    const content = new Uint8Array(bytes, at, length);
    at += length;
    modules[name] = moduleOf(type, content);
  }
  return { load, modules };
}

function moduleOf(type: ServerLoad['modules'][number]['type'], content: Uint8Array): WorkerLoaderModule {
  switch (type) {
    case 'data':
      return { data: content.slice().buffer };
    case 'wasm':
      return { wasm: content.slice().buffer };
    case 'json':
      return { json: JSON.parse(new TextDecoder().decode(content)) };
    default:
      return { [type]: new TextDecoder().decode(content) };
  }
}
