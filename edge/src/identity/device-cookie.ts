/**
 * Device cookies: a browser that has signed in to an account before is known by a cookie, and has a counter of wrong
 * passwords of its own. Somebody who guesses from elsewhere can't slow it down, and without the cookie all of them
 * together are slowed. It signs nobody in.
 * Source: https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
 *
 * One cookie holds an entry for each of the last accounts: `userId.issued.nonce.mark.signature`, joined by `~`. The
 * signature binds an entry to its account; the mark binds it to the account's password, so that a new password makes
 * all devices unknown again. Each sign-in writes a new nonce.
 */
import { z } from 'zod';
import type { Env } from '../env.ts';
import { derivedHmacKey } from '../secrets/derived-key.ts';
import { sha256Hex } from '../secrets/tokens.ts';
import { setting } from '../settings.ts';

/** How long a device stays known after its last sign-in, in seconds. */
const KNOWN_SECONDS = 180 * 24 * 3600;

/** How many accounts a browser is known for. */
const MOST_ENTRIES = 5;

const NONCE_BYTES = 16;

const ENTRY =
  /^(?<userId>[0-9a-f-]{36})\.(?<issued>[0-9a-z]{1,9})\.(?<nonce>[\w-]{22})\.(?<mark>[0-9a-f]{16})\.(?<signature>[\w-]{43})$/;

const Groups = z.object({
  userId: z.string(),
  issued: z.string(),
  nonce: z.string(),
  mark: z.string(),
  signature: z.string(),
});

/** An entry of a device cookie whose signature is good. */
export interface Device {
  userId: string;
  /** Names the device; another one after each sign-in. */
  nonce: string;
  /** What the account's password was when it signed in. */
  mark: string;
  /** The entry as it stands in the cookie. */
  text: string;
}

/** What a device cookie needs to know of an account. */
export interface CookieAccount {
  id: string;
  passwordHash: string | null;
}

const isSecure = (env: Env): boolean => setting(env, 'PUBLIC_URL').startsWith('https:');

/** The `__Host-` prefix keeps other hosts of the domain from setting the cookie (RFC 6265bis §4.1.3.2); it needs https. */
const cookieName = (env: Env): string => `${isSecure(env) ? '__Host-' : ''}appflux-device`;

/** The devices that a request's cookie stands for, the last account first. What is forged, or too old, is left out. */
export async function devicesOf(request: Request, env: Env, now: number): Promise<Device[]> {
  const texts = cookieOf(request, cookieName(env)).split('~').slice(0, MOST_ENTRIES);
  const devices = await Promise.all(texts.map((text) => readEntry(text, env, now)));
  return devices.filter((device) => device !== null);
}

/** The device that has signed in to this account before, with the password that it has now; null when there is none. */
export async function deviceFor(
  devices: readonly Device[],
  account: CookieAccount | null,
): Promise<Device | null> {
  if (account === null || devices.length === 0) return null;
  const mark = await markOf(account);
  return devices.find((device) => device.userId === account.id && device.mark === mark) ?? null;
}

/** The `Set-Cookie` header that makes a browser known for an account; `devices` are those that it has already. */
export async function deviceCookie(
  devices: readonly Device[],
  account: CookieAccount,
  env: Env,
  now: number,
): Promise<string> {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))).toString('base64url');
  const issued = Math.floor(now / 1000).toString(36);
  const signed = [account.id, issued, nonce, await markOf(account)].join('.');
  const key = await derivedHmacKey(setting(env, 'SEALING_KEY'), 'device-cookie');
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(signed));
  const others = devices.filter(({ userId }) => userId !== account.id).map(({ text }) => text);
  const entries = [`${signed}.${Buffer.from(signature).toString('base64url')}`, ...others];
  const value = entries.slice(0, MOST_ENTRIES).join('~');
  return [
    `${cookieName(env)}=${value}`,
    'Path=/',
    `Max-Age=${KNOWN_SECONDS}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(isSecure(env) ? ['Secure'] : []),
  ].join('; ');
}

async function readEntry(text: string, env: Env, now: number): Promise<Device | null> {
  const parsed = Groups.safeParse(ENTRY.exec(text)?.groups);
  if (!parsed.success) return null;
  const { userId, issued, nonce, mark, signature } = parsed.data;
  const age = now / 1000 - Number.parseInt(issued, 36);
  if (age < -60 || age > KNOWN_SECONDS) return null;
  const signed = new TextEncoder().encode(text.slice(0, -signature.length - 1));
  // While the sealing key is rotated, devices stay known by the one before it.
  const secrets = [setting(env, 'SEALING_KEY'), env.SEALING_KEY_PREVIOUS].filter((secret) => secret);
  for (const secret of secrets) {
    const key = await derivedHmacKey(secret ?? '', 'device-cookie');
    if (await crypto.subtle.verify('HMAC', key, Buffer.from(signature, 'base64url'), signed))
      return { userId, nonce, mark, text };
  }
  return null;
}

/** Says which password an account had, without saying anything about it: hashes are salted. */
const markOf = async ({ passwordHash }: CookieAccount): Promise<string> =>
  (await sha256Hex(new TextEncoder().encode(passwordHash ?? ''))).slice(0, 16);

/** The value of a cookie (RFC 6265 §4.2.1), or nothing. */
function cookieOf(request: Request, name: string): string {
  const pairs = (request.headers.get('Cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
}
