/**
 * Mail by an SMTP server. Sockets of a Worker resolve names by DNS over HTTPS alone and trust no certificates of a
 * company's own, so the program that runs this instance talks to the server (stack/edge/smtp.ts); here is its client.
 */
import { z } from 'zod';
import { withoutSecrets } from '../journal.ts';
import { type Mailer, MailRefused, type Sender } from './mail.ts';

/** How long it may take to hand a message over, in milliseconds. The program itself gives up earlier. */
const ANSWER_WITHIN_MS = 45_000;

const Refusal = z.object({ message: z.string(), later: z.boolean() });

/** A mailer that sends by that program. */
export const smtpMailer = (binding: Pick<Fetcher, 'fetch'>, from: Sender): Mailer => ({
  async send(mail, id) {
    let answer: Response;
    try {
      answer = await binding.fetch('http://smtp/', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...mail, from, id }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
    } catch (cause) {
      throw new MailRefused('The SMTP server did not answer in time', { later: true, cause });
    }
    if (answer.ok) return;
    // Without a readable answer, its status is all that is known.
    const refusal = Refusal.safeParse(await answer.json().catch(() => null));
    throw refusal.success
      ? new MailRefused(withoutSecrets(refusal.data.message), { later: refusal.data.later })
      : new MailRefused(`The SMTP service answered ${answer.status}`, { later: true });
  },
});
