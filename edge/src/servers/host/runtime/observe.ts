/** The one recorder of this isolate, and what other parts of the server host note with it. */
import type { RuntimeEvent, RuntimeSubject, ServerVisit } from '@appflux/protocol';
import { LeastRecent } from '../../../sites/serve/least-recent.ts';
import { CONTROL_URL } from '../../visit/protocol.ts';
import type { HostEnv } from '../env.ts';
import { Mask } from './mask.ts';
import { type Background, Recorder } from './recorder.ts';

/** Whose server it is, and with whose variables. */
export type Observed = Pick<ServerVisit, 'appId' | 'deploymentId' | 'scope'>;

/** Variables that AppFlux itself sets, which are no secrets. */
const OWN_VARIABLES: ReadonlySet<string> = new Set([
  'APPFLUX_URL',
  'APPFLUX_ENVIRONMENT',
  'APPFLUX_DEPLOYMENT_ID',
  'APPFLUX_COMMIT',
]);

let recorder: Recorder | null = null;

/** The recorder. It sends with the binding that it is first asked with; all requests have the same. */
export function recorderOf({ CONTROL }: Pick<HostEnv, 'CONTROL'>): Recorder {
  recorder ??= new Recorder({
    send: async (batch) => {
      const answer = await CONTROL.fetch(`${CONTROL_URL}/events`, {
        method: 'POST',
        body: JSON.stringify(batch),
      });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`The control plane answered ${answer.status}`);
    },
  });
  return recorder;
}

/** Whose log and hours a server's are. */
export const subjectOf = ({ appId, deploymentId, scope }: Observed): RuntimeSubject => ({
  appId,
  deploymentId,
  environment: scope === 'production' ? 'production' : 'preview',
});

/** What is hidden in the log of a server with these variables. */
export const secretsIn = (variables: Readonly<Record<string, string>>): string[] =>
  Object.entries(variables).flatMap(([name, value]) => (OWN_VARIABLES.has(name) ? [] : [value]));

/** Masks take longer to make than to use; the texts to hide are their names. */
const masks = new LeastRecent<Mask>(200);

/** The mask for these values. `key` names the server and the revision of its variables. */
export function maskOf(key: string, secrets: readonly string[]): Mask {
  const made = masks.get(key) ?? new Mask(secrets);
  masks.set(key, made, 1);
  return made;
}

/** The mask that was made for a server in this isolate; undefined if it was loaded by another one. */
export const knownMask = (key: string): Mask | undefined => masks.get(key);

/** A line in AppFlux's own words. `text` names nothing that a variable may hold. */
export const lineOf = (
  text: string,
  more: Partial<Pick<RuntimeEvent, 'kind' | 'level' | 'stack' | 'request' | 'cron'>> = {},
): RuntimeEvent => ({
  at: new Date().toISOString(),
  kind: 'notice',
  level: 'error',
  text,
  stack: null,
  request: null,
  cron: null,
  ...more,
});

/** Notes a line in a server's log. */
export const noteLine = (
  of: Observed,
  line: RuntimeEvent,
  env: Pick<HostEnv, 'CONTROL'>,
  ctx: Background,
): void => recorderOf(env).log(subjectOf(of), [line], ctx);
