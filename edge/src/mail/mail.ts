/** Sending email: the contract, what a message is, and how a mail service refuses one. */

/** A message for one person. No part of it comes from somebody else but the addresses and the links in its body. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** Who a message is from. */
export interface Sender {
  email: string;
  /** Null when only the address is shown. */
  name: string | null;
}

/** A service that takes messages. */
export interface Mailer {
  /**
   * Hands a message over. Sent again with the same `id`, it arrives once, where the service can tell. Throws MailRefused.
   */
  send(mail: Mail, id: string): Promise<void>;
}

/** Why a message was not taken. The text is for the operator: it holds no keys and nothing of the message. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  /** Whether the same message may be taken later. */
  readonly later: boolean;
  /** After how many seconds to try again, if the service said so. */
  readonly retryAfterSeconds: number | null;

  constructor(
    message: string,
    options: { later: boolean; retryAfterSeconds?: number | null; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.later = options.later;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

/** A local part without quotes, and a host name with a dot: RFC 5321 §4.1.2, as far as mail is sent over the internet. */
const DELIVERABLE =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;

/**
 * Whether mail can be sent to an address. An email here is a name to sign in with (`owner@localhost`), and some names
 * would be read as several addresses, or as a header, by a program on the way.
 */
export const isDeliverable = (email: string): boolean => email.length <= 254 && DELIVERABLE.test(email);

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text from outside, for HTML. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
