/** The end of an ephemeral runner: it removes its own registration. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { REGISTRATION_FILE, type Registration } from '../config/registration.ts';
import { describeError, type Journal } from '../journal.ts';

const TIMEOUT_MS = 10_000;

/**
 * Removes the runner at its instance, and its credential from the state folder. Never throws: the instance removes an
 * ephemeral runner that is gone by itself, only later.
 */
export async function unregister(state: string, registration: Registration, journal: Journal): Promise<void> {
  const { url, credential, name } = registration;
  try {
    const response = await request(new URL('/api/runners/self', url), {
      method: 'DELETE',
      headers: { authorization: `Bearer ${credential}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body.dump();
    // 401: it is removed already.
    if (response.statusCode !== 204 && response.statusCode !== 401)
      throw new Error(`the instance responded with status ${response.statusCode}`);
    await rm(join(state, REGISTRATION_FILE), { force: true });
    journal.info('Removed the registration', { name });
  } catch (error) {
    journal.warn('The registration could not be removed', { name, error: describeError(error) });
  }
}
