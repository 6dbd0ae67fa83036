/**
 * The token of an invitation link, `{origin}/invite#token=...`. While somebody is away to sign in, it is kept in this
 * tab: an address to come back to would carry it into logs.
 */

const KEPT = 'appflux.invitation';

/** The token in the address, else the one that this tab kept; null when there is none. */
export function invitationOf(fragment: string, storage: Pick<Storage, 'getItem'>): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token');
  return token || storage.getItem(KEPT);
}

export const keepInvitation = (token: string, storage: Pick<Storage, 'setItem'>): void =>
  storage.setItem(KEPT, token);

export const forgetInvitation = (storage: Pick<Storage, 'removeItem'>): void => storage.removeItem(KEPT);
