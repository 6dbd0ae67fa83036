import {
  type Deployment,
  type DeploymentStatus,
  type Environment,
  hasEnded,
  type Phase,
  type Trigger,
} from '@appflux/protocol';
import { secondsBetween } from '#lib/format/duration.ts';
import { inSentence } from '#lib/format/in-sentence.ts';

export type Tone = 'neutral' | 'active' | 'good' | 'bad' | 'warn';

/** What a badge shows: a status, that a trigger made no build, or that the build waits for someone's approval. */
export type ShownStatus = DeploymentStatus | 'skipped' | 'held';

/** The label and tone of each status. */
export const STATUS: Readonly<Record<ShownStatus, { label: string; tone: Tone }>> = {
  queued: { label: 'Queued', tone: 'warn' },
  building: { label: 'Building', tone: 'active' },
  success: { label: 'Ready', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  canceling: { label: 'Canceling', tone: 'warn' },
  canceled: { label: 'Canceled', tone: 'neutral' },
  skipped: { label: 'Skipped', tone: 'neutral' },
  held: { label: 'Needs approval', tone: 'warn' },
};

/** What the badge of a deployment shows. */
export function shownStatus(deployment: Pick<Deployment, 'status' | 'skipped' | 'approval'>): ShownStatus {
  if (deployment.skipped !== null) return 'skipped';
  return isHeld(deployment) ? 'held' : deployment.status;
}

/** Whether it starts only when someone approves it. */
export const isHeld = ({ status, approval }: Pick<Deployment, 'status' | 'approval'>): boolean =>
  status === 'queued' && approval?.state === 'required';

/** The label of each trigger. */
export const TRIGGER_LABEL: Readonly<Record<Trigger, string>> = {
  manual: 'Manual',
  push: 'Push',
  pull_request: 'Pull request',
  upload: 'ZIP upload',
  hook: 'Deploy hook',
  schedule: 'Schedule',
};

/** The label of each environment. */
export const ENVIRONMENT_LABEL: Readonly<Record<Environment, string>> = {
  production: 'Production',
  preview: 'Preview',
};

/** The label of each phase. */
export const PHASE_LABEL: Readonly<Record<Phase, string>> = {
  preparing: 'Prepare',
  scanning: 'Scan',
  detecting: 'Detect',
  building: 'Build',
  uploading: 'Upload',
};

type Titled = Pick<Deployment, 'commitMessage' | 'trigger' | 'uploadName' | 'version' | 'pullRequest'>;

/**
 * A deployment's title: the first line of its commit message, the name of its ZIP, the title of its pull request, or
 * its trigger.
 */
export function deploymentTitle(deployment: Titled): string {
  const subject = deployment.commitMessage?.split('\n', 1)[0]?.trim();
  if (subject) return subject;
  if (deployment.uploadName !== null) return deployment.uploadName;
  if (deployment.pullRequest) return deployment.pullRequest.title;
  const origin = deployment.trigger === 'manual' ? 'Manual deployment' : TRIGGER_LABEL[deployment.trigger];
  return deployment.version === null ? origin : `${origin}, version ${deployment.version}`;
}

/** The title next to the source's label, which already says that a ZIP was uploaded. */
export function titleNextToSource(deployment: Titled): string {
  const { commitMessage, trigger, uploadName, version } = deployment;
  if (trigger !== 'upload' || commitMessage?.trim() || uploadName !== null)
    return deploymentTitle(deployment);
  return version === null ? '' : `Version ${version}`;
}

/** The first seven digits of a commit hash, as Git abbreviates it. */
export const shortCommit = (hash: string): string => hash.slice(0, 7);

/**
 * How long a deployment took, or has been running at `now` (milliseconds since the epoch), in seconds; null
 * before a runner starts it.
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

/** What screen readers announce when a deployment changes. */
export function announcement(
  deployment: Pick<Deployment, 'status' | 'phase' | 'failure' | 'app' | 'skipped' | 'approval'>,
): string {
  const { status, phase, failure, app } = deployment;
  if (status === 'building' && phase !== null) return `${app.name}: ${PHASE_LABEL[phase]} phase started.`;
  if (status === 'failed') return `${app.name}: the deployment failed. ${failure?.message ?? ''}`.trim();
  if (status === 'success') return `${app.name}: the deployment is ready.`;
  if (isHeld(deployment)) return `${app.name}: the deployment waits for approval.`;
  return `${app.name}: the deployment is ${inSentence(STATUS[shownStatus(deployment)].label)}.`;
}
