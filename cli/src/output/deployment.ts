/** Deployments as text. */
import { type Deployment, type DeploymentStatus, formatElapsed, formatLocation } from '@appflux/protocol';
import type { Colors } from './output.ts';
import { oneLine } from './sanitize.ts';
import type { Cell } from './table.ts';

const COLOR: Readonly<Record<DeploymentStatus, 'green' | 'red' | 'yellow' | 'cyan' | 'dim'>> = {
  queued: 'yellow',
  building: 'cyan',
  success: 'green',
  failed: 'red',
  canceling: 'yellow',
  canceled: 'dim',
};

/** The state of a deployment as a cell of a table. */
export const statusCell = (
  { status, skipped }: Pick<Deployment, 'status' | 'skipped'>,
  colors: Colors,
): Cell => ({ text: skipped === null ? status : 'skipped', style: colors[COLOR[status]] });

/** How long ago something was: `12 s ago`, `3 h ago`, `5 d ago`. */
export function ago(timestamp: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(timestamp)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** What was deployed: the commit and its message, or the name of the upload. */
export function sourceOf({ commitHash, commitMessage, branch, uploadName }: Deployment): string {
  if (commitHash === null) return oneLine(uploadName ?? branch ?? '');
  return oneLine(`${commitHash.slice(0, 7)} ${commitMessage?.split('\n')[0] ?? ''}`).slice(0, 60);
}

/** How long it took; empty until it has ended. */
export const durationOf = ({ durationSeconds }: Deployment): string =>
  durationSeconds === null ? '' : formatElapsed(durationSeconds * 1000);

/** The URL that a person opens to see what was deployed; null if it has none. */
export const addressOf = ({ urls }: Pick<Deployment, 'urls'>): string | null =>
  urls.site ?? urls.page ?? null;

/** Where in the source a deployment failed, and the log line that says so; null if that is unknown. */
export function errorLocation({ failure }: Pick<Deployment, 'failure'>): string | null {
  const location = failure?.location;
  if (location === undefined) return null;
  const line = location.seq === null ? '' : ` (line ${location.seq} of the log)`;
  return oneLine(`${formatLocation(location)}${line}`);
}

/** Its parts for `appflux inspect`, as labels and values. */
export function details(deployment: Deployment): [string, string][] {
  const { id, number, app, status, phase, environment, branch, runner, failure, urls, plan } = deployment;
  const rows: [string, string | null | undefined][] = [
    ['Deployment', number === 0 ? id : `${id} (#${number})`],
    ['App', `${app.name} (${app.slug})`],
    ['Status', phase === null ? status : `${status}, ${phase}`],
    ['Skipped', deployment.skipped?.reason],
    ['Waiting for', deployment.waitingFor],
    ['Created by', deployment.creator?.name],
    ['Environment', environment],
    ['Branch', branch],
    ['Source', sourceOf(deployment)],
    ['Version', deployment.version],
    ['Framework', plan?.framework],
    ['Runner', runner?.name],
    ['Created', deployment.createdAt],
    ['Duration', durationOf(deployment)],
    ['Site', urls.site],
    ['Page', urls.page],
    ['Failure', failure === null ? null : `${failure.code}: ${failure.message}`],
    ['Error at', errorLocation(deployment)],
    ['What to do', failure?.hint],
  ];
  return rows.filter((row): row is [string, string] => (row[1] ?? '') !== '');
}
