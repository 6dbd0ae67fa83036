/** From a deployment that was created to its end on the screen. */
import { type Deployment, formatElapsed } from '@appflux/protocol';
import type { Context, Session } from '../context.ts';
import { addressOf, errorLocation } from '../output/deployment.ts';
import { oneLine } from '../output/sanitize.ts';
import { exitOf, followDeployment, TextPrinter } from './follow.ts';
import { type Interruption, onInterrupt } from './interrupt.ts';

export interface FinishOptions {
  readonly json: boolean;
  /** Without it, the deployment is only reported as created. */
  readonly wait: boolean;
  /** What Ctrl-C does meanwhile, if not what it does for deployments that run elsewhere. */
  readonly interrupt?: () => Interruption;
}

/** Reports a deployment: follows it to its end, and sets the exit code by how it ended. */
export async function finish(
  context: Context,
  session: Session,
  created: Deployment,
  { json, wait, interrupt }: FinishOptions,
): Promise<void> {
  const { output } = context;
  if (!wait) {
    if (json) return output.json(created);
    output.note(`The deployment is ${created.status}. Follow it with: appflux logs ${created.id} --follow`);
    return output.result(created.urls.self);
  }
  const printer = new TextPrinter(context, (text) => output.note(text));
  using interruption = interrupt?.() ?? onInterrupt(context, session, created.id, printer);
  const ended = await followDeployment(session, created.id, printer, interruption.signal);
  context.exit = exitOf(ended);
  if (json) return output.json(ended);
  await report(context, session, ended);
}

async function report(context: Context, { client }: Session, ended: Deployment): Promise<void> {
  const { output } = context;
  const { green, red, yellow, bold } = output.noteColors;
  const { status, failure, durationSeconds, app } = ended;
  const took = durationSeconds === null ? '' : ` after ${formatElapsed(durationSeconds * 1000)}`;
  if (ended.skipped !== null) return output.note(`Skipped: ${oneLine(ended.skipped.reason)}`);
  if (status !== 'success') {
    const what = status === 'failed' ? red('Failed') : yellow(status === 'canceled' ? 'Canceled' : status);
    output.note(`${bold(what)}${took}${failure === null ? '' : `: ${oneLine(failure.message)}`}`);
    const location = errorLocation(ended);
    if (location !== null) output.note(`Error at ${bold(location)}`);
    if (failure !== null && failure.hint !== '') output.note(oneLine(failure.hint));
    return;
  }
  const { release, urls, releaseLocked, autoRelease } = await client.apps.get(app.slug);
  const isLive = release === ended.id;
  output.note(`${bold(green('Deployed'))}${took}${isLive ? ', and live' : ''}.`);
  if (ended.environment === 'production' && !isLive && (releaseLocked || !autoRelease)) {
    output.note(`It isn’t live: releases are manual or locked. Run "appflux promote ${ended.id}".`);
  }
  if (isLive && urls.site !== undefined && ended.urls.site !== undefined) {
    output.note(`This deployment: ${ended.urls.site}`);
  }
  const address = isLive ? (urls.site ?? urls.page) : addressOf(ended);
  if (address !== null) output.result(address);
}
