/** The account of the signed-in user. */
import { session } from '#lib/session/index.ts';
import { Account } from './account.ts';

export const account = new Account(session);
