/** Where a hook sends to: what may be set, and what of it is shown. */
import { AppFluxError, type HookKind } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { isDeliverable } from '../mail/mail.ts';
import { sendsMail } from '../mail/settings.ts';
import { isAllowedTarget } from '../network/public.ts';

/** A target, and the same without what is secret in it. */
export interface Target {
  target: string;
  shownTarget: string;
}

/** Reads the target of a hook. Throws `unprocessable` if nothing can be sent there. */
export function readTarget(kind: HookKind, text: string, env: Env): Target {
  return kind === 'email' ? readEmail(text, env) : readUrl(kind, text, env);
}

function readEmail(email: string, env: Env): Target {
  if (!isDeliverable(email))
    throw new AppFluxError('unprocessable', 'No email can be sent to this address', {
      hint: 'Enter a single email such as ada@example.com.',
    });
  if (!sendsMail(env))
    throw new AppFluxError('unprocessable', 'This instance sends no email', {
      hint: 'Ask its operator to configure a mail service (docs/operations.md), or use a webhook.',
    });
  return { target: email, shownTarget: email };
}

function readUrl(kind: HookKind, text: string, env: Env): Target {
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw new AppFluxError('unprocessable', 'The URL contains a user name or password', {
      hint: 'Leave them out. A webhook is signed, which its receiver can check.',
    });
  if (!isAllowedTarget(url, env))
    throw new AppFluxError('unprocessable', `${url.hostname} is a private address`, {
      hint: 'Use a public URL. The operator can allow private addresses with APPFLUX_ALLOW_PRIVATE_TARGETS=1.',
    });
  url.hash = '';
  const { origin, pathname, search } = url;
  // Anyone who knows the path of a Slack or Discord webhook can post there.
  const shownPath = kind === 'webhook' ? `${pathname}${search === '' ? '' : '?…'}` : '/…';
  return { target: url.href, shownTarget: origin + shownPath };
}
