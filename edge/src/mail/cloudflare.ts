/**
 * Mail by Cloudflare's Email Service: a `send_email` binding.
 * https://developers.cloudflare.com/email-service/api/send-emails/workers-api/
 */
import { withoutSecrets } from '../journal.ts';
import { type Mailer, MailRefused, type Sender } from './mail.ts';

/** Codes of errors after which the same message may be taken later. Others with a code are about the message. */
const LATER = /^E_(?:RATE_LIMIT|DAILY_LIMIT|INTERNAL|DELIVERY_FAILED)/;

/** A mailer that sends by a binding. */
export const cloudflareMailer = (binding: SendEmail, from: Sender): Mailer => ({
  async send({ to, subject, text, html }) {
    try {
      await binding.send({
        from: { email: from.email, name: from.name ?? from.email },
        to,
        subject,
        text,
        html,
      });
    } catch (cause) {
      const code = codeOf(cause);
      const said = withoutSecrets(cause instanceof Error ? cause.message : String(cause)).slice(0, 200);
      throw new MailRefused(`Cloudflare's Email Service refused it: ${code ?? said}`, {
        later: code === null || LATER.test(code),
        cause,
      });
    }
  },
});

function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && code.startsWith('E_') ? code : null;
}
