/** Sending a notification in the way of its hook's kind. */
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { mailerOf } from '../mail/index.ts';
import { isDeliverable, type Mail, MailRefused } from '../mail/mail.ts';
import type { HookRecord } from '../metadata/hooks.ts';
import { createSealer, hookLabel } from '../secrets/sealing.ts';
import { setting } from '../settings.ts';
import type { NotificationBody } from './body.ts';
import { discordRequest } from './discord.ts';
import { notificationMail } from './email.ts';
import { countEmail } from './email-limits.ts';
import { cut, post, type Sending } from './send.ts';
import { slackRequest } from './slack.ts';
import { summaryOf } from './summary.ts';
import { webhookRequest } from './webhook.ts';

/**
 * Sends a notification once. It doesn't throw: a fault of ours counts as a failed attempt, or one notification could keep
 * its hook's alarm busy forever.
 * @param delivery which one: its round is 0 until somebody sends it again
 * @param text the `NotificationBody` in JSON
 * @param at now, in milliseconds since 1970
 */
export async function deliver(...args: Parameters<typeof send>): Promise<Sending> {
  try {
    return await send(...args);
  } catch (error) {
    const [, hook, { id }] = args;
    journal.error(`Hook ${hook.id}: delivery ${id} could not be sent`, error);
    return unsent(hook, 'later', 'A part of this instance failed');
  }
}

async function send(
  env: Env,
  hook: HookRecord,
  { id, round }: { id: string; round: number },
  text: string,
  at: number,
): Promise<Sending> {
  const body = JSON.parse(text) as NotificationBody;
  const { target, secret } = await opened(env, hook);
  if (target === null || (hook.kind === 'webhook' && secret === null))
    return unsent(
      hook,
      'later',
      'The hook can’t be opened with this instance’s SEALING_KEY. Set its URL again.',
    );
  const summary = summaryOf(body, setting(env, 'PUBLIC_URL'));
  switch (hook.kind) {
    case 'webhook': {
      const parts = { url: target, shownUrl: hook.shownTarget, secret: secret ?? '' };
      return post(env, await webhookRequest(parts, body, text, at), 'program');
    }
    case 'slack':
      return post(env, slackRequest(target, hook.shownTarget, summary), 'service');
    case 'discord':
      return post(env, discordRequest(target, hook.shownTarget, summary, body.at), 'service');
    case 'email':
      return sendMail(
        env,
        hook,
        notificationMail(target, summary, setting(env, 'PUBLIC_URL')),
        `${id}.${round}`,
      );
  }
}

/** What is sealed in a hook; null for what can't be opened. */
async function opened(env: Env, hook: HookRecord): Promise<{ target: string | null; secret: string | null }> {
  const sealer = createSealer(env);
  const open = async (member: 'target' | 'secret') => {
    const sealed = hook[member];
    if (sealed === null) return null;
    try {
      return await sealer.open(sealed, hookLabel(hook.id, member));
    } catch (error) {
      // Another SEALING_KEY than the one it was sealed with, or damage: the delivery says so.
      journal.error(`The ${member} of hook ${hook.id} can't be opened`, error);
      return null;
    }
  };
  return { target: await open('target'), secret: await open('secret') };
}

const unsent = (hook: HookRecord, outcome: 'later' | 'never', error: string): Sending => ({
  outcome,
  request: { target: hook.shownTarget, headers: {}, body: '' },
  response: null,
  error,
  retryAfterSeconds: null,
});

async function sendMail(env: Env, hook: HookRecord, mail: Mail, id: string): Promise<Sending> {
  const mailer = mailerOf(env);
  if (mailer === null)
    return unsent(
      hook,
      'never',
      'This instance sends no email. Ask its operator to configure a mail service.',
    );
  if (!isDeliverable(mail.to)) return unsent(hook, 'never', 'No email can be sent to this address');
  const waitMs = await countEmail(env, hook.ownerId, mail.to);
  if (waitMs > 0) {
    const error = 'This team, or this address, has had too many emails. The notification is sent later.';
    return { ...unsent(hook, 'later', error), retryAfterSeconds: Math.ceil(waitMs / 1000) };
  }
  const request = { target: hook.shownTarget, headers: { Subject: mail.subject }, body: cut(mail.text) };
  try {
    await mailer.send(mail, id);
    return { outcome: 'delivered', request, response: null, error: null, retryAfterSeconds: null };
  } catch (error) {
    const refused = error instanceof MailRefused ? error : new MailRefused(String(error), { later: true });
    // What the mail service said is for the operator.
    journal.error(`Hook ${hook.id}: an email was not sent`, refused);
    const outcome = refused.later ? 'later' : 'never';
    const { retryAfterSeconds } = refused;
    return {
      outcome,
      request,
      response: null,
      error: 'The mail service didn’t take the email',
      retryAfterSeconds,
    };
  }
}
