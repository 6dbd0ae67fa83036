/** `appflux-runner register`: makes this host a runner of an AppFlux instance. */
import { ErrorBody, RegisteredRunner, type RegisterRunner } from '@appflux/protocol';
import { request } from 'undici';
import { type Registration, readRegistration, writeRegistration } from '../config/registration.ts';
import type { Settings } from '../config/settings.ts';
import { RunnerProblem } from '../problem.ts';
import { VERSION } from '../version.ts';

const TIMEOUT_MS = 30_000;

/**
 * Registers with a one-time token and keeps the credential in the state folder.
 * @throws {RunnerProblem} when settings are missing, the edge refuses, or there is a registration already
 */
export async function register(settings: Settings): Promise<Registration> {
  const { state, url, token, name, labels = [], replace, executor, ephemeral } = settings;
  const slots = ephemeral ? 1 : (settings.slots ?? 1);
  if (url === undefined)
    throw new RunnerProblem('--url is missing', 'Set it to the URL of the AppFlux instance');
  if (token === undefined) {
    throw new RunnerProblem(
      '--token is missing',
      'Create a registration token in the dashboard under Runners',
    );
  }
  if (!replace) await refuseSecond(state);
  const asked: RegisterRunner = { token, name, labels, slots, version: VERSION };
  const {
    id,
    credential,
    name: registeredName,
  } = await registered(new URL('/api/runners/register', url), asked, {
    ...(executor === 'docker' ? {} : { executor }),
    ...(ephemeral ? { ephemeral } : {}),
  });
  const registration = { url, id, name: registeredName, credential, labels, slots };
  await writeRegistration(state, registration);
  return registration;
}

/** An edge of an earlier version does not know `later`, and refuses it without using the token up. */
async function registered(
  url: URL,
  asked: RegisterRunner,
  later: Pick<RegisterRunner, 'executor' | 'ephemeral'>,
): Promise<RegisteredRunner> {
  try {
    return await post(url, { ...asked, ...later });
  } catch (error) {
    if (error instanceof Refusal && error.status === 400 && Object.keys(later).length > 0)
      return post(url, asked);
    throw error;
  }
}

/** The edge has refused the registration. */
class Refusal extends RunnerProblem {
  readonly status: number;

  constructor(message: string, advice: string, status: number) {
    super(message, advice);
    this.status = status;
  }
}

async function refuseSecond(state: string): Promise<void> {
  const existing = await readRegistration(state);
  if (existing === undefined) return;
  throw new RunnerProblem(
    `${state} already has the registration of the runner ${existing.name} at ${existing.url}`,
    'Use another --state folder for another runner, or --replace to register again',
  );
}

async function post(url: URL, body: RegisterRunner): Promise<RegisteredRunner> {
  let status: number;
  let answer: unknown;
  try {
    const response = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    status = response.statusCode;
    answer = await response.body.json();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new RunnerProblem(
      `${url.origin} is not an AppFlux instance, or can’t be reached${code}`,
      'Check the URL, and that this host can reach it',
      error,
    );
  }
  const registered = RegisteredRunner.safeParse(answer);
  if (registered.success) return registered.data;
  const refusal = ErrorBody.safeParse(answer);
  if (!refusal.success) {
    throw new RunnerProblem(
      `${url.origin} responded with status ${status}; it doesn’t seem to be AppFlux`,
      'Check the URL',
    );
  }
  const { message, hint, issues = [] } = refusal.data.error;
  const details = issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ');
  throw new Refusal(details === '' ? message : `${message} (${details})`, hint ?? 'Check the flags', status);
}
