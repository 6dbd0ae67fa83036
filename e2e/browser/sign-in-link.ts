/** The link with which `npm start` signs its owner in. */
import { createClient } from '@appflux/client';
import type { EdgeInstance } from '../instance/edge.ts';

/** Requests a new one from an instance, as its operator. */
export async function signInLink({ url, operatorSecret }: EdgeInstance): Promise<string> {
  return (await createClient({ url, token: operatorSecret }).operator.createSignInLink()).url;
}
