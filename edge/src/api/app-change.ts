/** What a request changes of an App. */
import { AppFluxError, type AppSource, repoKeyOf, type UpdateApp } from '@appflux/protocol';
import { AuthRefusal } from '../identity/auth-refusal.ts';
import type { Caller } from '../identity/caller.ts';
import { type Hashing, hashBy } from '../identity/hashes.ts';
import { withTurn } from '../identity/hashing.ts';
import type { AppRecord, ChangeableOfApp } from '../metadata/metadata.ts';
import { newRevision } from '../metadata/server-revision.ts';

export type AppChange = Partial<Pick<AppRecord, ChangeableOfApp>>;

/**
 * The change of an App's record; a password is hashed. Throws AppFluxError `unprocessable` when the App would ask for a
 * password that it doesn't have, `too_many_requests` when too many passwords are being hashed.
 */
export async function appChange(
  app: AppRecord,
  { access, password, triggers, from: _, ...rest }: UpdateApp,
  caller: Caller,
  hashing: Hashing,
): Promise<AppChange> {
  const change: AppChange = {
    ...definedOf(rest),
    settingsRevision: newRevision(),
    ...(access === undefined ? {} : { access: { ...app.access, ...definedOf(access) } }),
    ...(triggers === undefined ? {} : { triggers: { ...app.triggers, ...definedOf(triggers) } }),
    // Servers that are loaded with other settings are loaded again.
    ...(rest.server === undefined ? {} : { serverRevision: newRevision() }),
    ...(rest.source === undefined ? {} : repositoryOf(rest.source, app)),
  };
  const asksForPassword = Object.values(change.access ?? app.access).includes('password');
  const hasPassword = password === undefined ? app.passwordHash !== null : password !== null;
  if (asksForPassword && !hasPassword) {
    throw new AppFluxError('unprocessable', 'The access “password” needs a password', {
      hint: 'Set a password in the same request, or choose another access.',
      issues: [{ path: 'password', message: 'Set a password' }],
    });
  }
  if (password === undefined) return change;
  return { ...change, passwordHash: password === null ? null : await hashed(password, caller, hashing) };
}

/** What an App is found by when an event of its repository arrives. */
function repositoryOf(source: AppSource, app: AppRecord): Pick<AppRecord, 'repoKey' | 'repositoryId'> {
  const repoKey = source.provider === 'upload' ? null : repoKeyOf(source.repoUrl);
  return { repoKey, repositoryId: repoKey === app.repoKey ? app.repositoryId : null };
}

async function hashed(password: string, { id }: Caller, hashing: Hashing): Promise<string> {
  try {
    return await withTurn({ known: id ?? 'operator', address: null }, (inTurn) =>
      inTurn(() => hashBy(hashing, password)),
    );
  } catch (error) {
    if (!(error instanceof AuthRefusal)) throw error;
    throw new AppFluxError('too_many_requests', 'Too many passwords are being processed', {
      hint: 'Try again in a few seconds.',
      retryAfterSeconds: error.retryAfterSeconds ?? 1,
      cause: error,
    });
  }
}

/** The members that have a value: an absent one and an undefined one mean the same in JSON. */
export function definedOf<T extends object>(change: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
