/** The mailer of this instance. */
import type { Env } from '../env.ts';
import { cloudflareMailer } from './cloudflare.ts';
import { httpMailer } from './http.ts';
import { type Mailer, MailRefused } from './mail.ts';
import { mailSettings } from './settings.ts';
import { smtpMailer } from './smtp.ts';

/** The mailer that is configured; null when none is. One that is configured by half refuses everything, and says why. */
export function mailerOf(env: Env): Mailer | null {
  const settings = mailSettings(env);
  switch (settings.kind) {
    case 'none':
      return null;
    case 'incomplete':
      return {
        send: () => Promise.reject(new MailRefused(settings.problem, { later: false })),
      };
    case 'cloudflare':
      return cloudflareMailer(settings.binding, settings.from);
    case 'http':
      return httpMailer(settings);
    case 'smtp':
      return smtpMailer(settings.binding, settings.from);
  }
}
