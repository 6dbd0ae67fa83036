/** Settings that an instance can't run without. */
import { AppFluxError } from '@appflux/protocol';
import type { Env } from './env.ts';

/** A setting that this instance can't work without. */
type Required =
  | 'PUBLIC_URL'
  | 'S3_ENDPOINT'
  | 'S3_ACCESS_KEY_ID'
  | 'S3_SECRET_ACCESS_KEY'
  | 'OPERATOR_SECRET'
  | 'SEALING_KEY';

/** The value of a variable or secret; an `unavailable` refusal that names it when the operator has not set it. */
export function setting(env: Env, name: Required): string {
  const value = env[name];
  if (!value) {
    throw new AppFluxError('unavailable', `This instance is not set up: ${name} is missing`, {
      hint: `Run \`npm run deploy\`, which sets it; docs/operations.md describes it.`,
    });
  }
  return value;
}
