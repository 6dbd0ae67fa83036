/** What the messages for people say: a title, some facts, links. Texts are as people wrote them: escape them. Pure. */
import { type Deployment, printable } from '@appflux/protocol';
import { budgetLine, exceeded } from '../budgets/check.ts';
import type { NotificationBody } from './body.ts';
import { formatPlace } from './error-place.ts';

/** How a message looks. */
export type Tone = 'good' | 'bad' | 'neutral';

export interface Summary {
  title: string;
  tone: Tone;
  facts: { name: string; value: string }[];
  /** Why it failed; null unless it did. */
  error: { message: string; place: string | null } | null;
  /** The deployment's page in the dashboard. */
  link: string;
  /** The site or download page; null if there is none. */
  result: string | null;
}

const TONES: Readonly<Record<NotificationBody['event'], Tone>> = {
  'deployment.succeeded': 'good',
  'deployment.recovered': 'good',
  'deployment.failed': 'bad',
  'deployment.canceled': 'neutral',
  'deployment.waiting': 'neutral',
  test: 'neutral',
};

/** How much of a text is shown, in UTF-16 units. */
const MAX_NAME = 80;
const MAX_FACT = 200;
const MAX_ERROR = 500;

/** The summary of a notification of the instance at `publicUrl`. */
export function summaryOf({ event, deployment, error }: NotificationBody, publicUrl: string): Summary {
  const tone = TONES[event];
  if (deployment === null) {
    const title = 'Test notification from AppFlux';
    const facts = [{ name: 'Instance', value: publicUrl }];
    return { title, tone, facts, error: null, link: publicUrl, result: null };
  }
  return {
    title: `${printable(deployment.app.name, MAX_NAME)}${numberOf(deployment)}: ${deployment.environment} deployment ${happened(event, deployment)}`,
    tone,
    facts: factsOf(deployment),
    error: error && {
      message: printable(error.message, MAX_ERROR),
      place: error.place && formatPlace(error.place),
    },
    link: `${publicUrl}/deployments/${deployment.id}`,
    result: resultOf(event, deployment),
  };
}

/** `#12`; deployments of earlier versions may have none. */
const numberOf = ({ number }: Deployment): string => (number > 0 ? ` #${number}` : '');

function happened(event: NotificationBody['event'], { waiting }: Deployment): string {
  switch (event) {
    case 'deployment.succeeded':
      return 'succeeded';
    case 'deployment.recovered':
      return 'succeeded again';
    case 'deployment.failed':
      return 'failed';
    case 'deployment.canceled':
      return 'was canceled';
    case 'deployment.waiting':
      return waiting?.reason === 'approval' ? 'is waiting for approval' : 'is waiting for a runner';
    case 'test':
      return 'is tested';
  }
}

function factsOf(deployment: Deployment) {
  const { status, branch, tag, pullRequest, commitHash, commitMessage, uploadName, creator } = deployment;
  // A notification of an earlier version may be delivered again.
  const { durationSeconds, budgets = [] } = deployment;
  const overBudget = status === 'success' ? exceeded(budgets) : [];
  const facts: [name: string, value: string | null][] = [
    ['Branch', branch],
    ['Tag', tag],
    ['Pull request', pullRequest && `#${pullRequest.number} ${pullRequest.title}`],
    ['Commit', commitOf(commitHash, commitMessage)],
    ['Upload', uploadName],
    ['Created by', creator?.name ?? null],
    ['Size budgets exceeded', overBudget.map(budgetLine).join('; ')],
    ['Duration', durationSeconds === null ? null : durationOf(durationSeconds)],
  ];
  return facts.flatMap(([name, value]) =>
    value === null || value === '' ? [] : [{ name, value: printable(value, MAX_FACT) }],
  );
}

/** The beginning of the commit's hash, and the first line of its message. */
function commitOf(hash: string | null, message: string | null): string | null {
  const subject = message?.split('\n', 1)[0]?.trim() ?? '';
  return hash === null ? subject || null : `${hash.slice(0, 7)} ${subject}`.trim();
}

function durationOf(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function resultOf(event: NotificationBody['event'], { urls, environment }: Deployment): string | null {
  if (event !== 'deployment.succeeded' && event !== 'deployment.recovered') return null;
  return (environment === 'preview' ? urls.branch : undefined) ?? urls.site ?? urls.page ?? null;
}
