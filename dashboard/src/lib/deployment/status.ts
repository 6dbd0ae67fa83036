import { type Deployment, type DeploymentStatus, hasEnded, type Phase } from '@appflux/protocol';
import { secondsBetween } from '#lib/time/duration.ts';

export type Tone = 'neutral' | 'active' | 'good' | 'bad' | 'warn';

/** How each state reads, and in which tone. */
export const STATUS: Readonly<Record<DeploymentStatus, { label: string; tone: Tone }>> = {
  queued: { label: 'Queued', tone: 'warn' },
  building: { label: 'Building', tone: 'active' },
  success: { label: 'Ready', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  canceling: { label: 'Canceling', tone: 'warn' },
  canceled: { label: 'Canceled', tone: 'neutral' },
};

/** How each phase reads. */
export const PHASE_LABEL: Readonly<Record<Phase, string>> = {
  preparing: 'Prepare',
  scanning: 'Scan',
  detecting: 'Detect',
  building: 'Build',
  uploading: 'Upload',
};

type Titled = Pick<Deployment, 'commitMessage' | 'trigger' | 'uploadName' | 'version'>;

/** What a deployment is called in a list: its commit's first line, its ZIP, or how it came about. */
export function deploymentTitle(deployment: Titled): string {
  const subject = deployment.commitMessage?.split('\n', 1)[0]?.trim();
  if (subject) return subject;
  if (deployment.uploadName !== null) return deployment.uploadName;
  const origin = { manual: 'Manual deployment', push: 'Push', upload: 'ZIP upload', hook: 'Deploy hook' };
  return deployment.version === null
    ? origin[deployment.trigger]
    : `${origin[deployment.trigger]}, version ${deployment.version}`;
}

/** The same where it stands beside where the code comes from: that a ZIP was uploaded is said there already. */
export function titleBesideSource(deployment: Titled): string {
  const { commitMessage, trigger, uploadName, version } = deployment;
  if (trigger !== 'upload' || commitMessage?.trim() || uploadName !== null)
    return deploymentTitle(deployment);
  return version === null ? '' : `Version ${version}`;
}

/** The first seven digits of a commit, as Git shortens it. */
export const shortCommit = (hash: string): string => hash.slice(0, 7);

/**
 * How long a deployment took, or has taken until now (milliseconds since the epoch), in seconds; null
 * while no runner has begun it.
 */
export function elapsedSeconds(
  deployment: Pick<Deployment, 'status' | 'durationSeconds' | 'startedAt' | 'finishedAt'>,
  now: number,
): number | null {
  if (deployment.durationSeconds !== null) return deployment.durationSeconds;
  if (deployment.startedAt === null) return null;
  if (!hasEnded(deployment.status)) return secondsBetween(deployment.startedAt, now);
  return deployment.finishedAt === null ? null : secondsBetween(deployment.startedAt, deployment.finishedAt);
}

/** What a screen reader is told when a deployment moves on. */
export function announcement(deployment: Pick<Deployment, 'status' | 'phase' | 'failure' | 'app'>): string {
  const { status, phase, failure, app } = deployment;
  if (status === 'building' && phase !== null) return `${app.name}: ${PHASE_LABEL[phase]} phase started.`;
  if (status === 'failed') return `${app.name}: the deployment failed. ${failure?.message ?? ''}`.trim();
  if (status === 'success') return `${app.name}: the deployment is ready.`;
  return `${app.name}: the deployment is ${STATUS[status].label.toLowerCase()}.`;
}
