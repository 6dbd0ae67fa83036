/** The link with which `npm start` signs its owner in. */
import { z } from 'zod';
import type { EdgeInstance } from '../instance/edge.ts';

/** Requests a new one from an instance, as its operator. */
export async function signInLink({ url, operatorSecret }: EdgeInstance): Promise<string> {
  const answer = await fetch(`${url}/api/ops/sign-in-links`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${operatorSecret}` },
  });
  return z.object({ url: z.url() }).parse(await answer.json()).url;
}
