/** What opens a site for its picture: that one deployment, on its own host, for some minutes. */
import type { PictureRequest } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { accessPair } from '../sites/access/cookies.ts';
import { hostName } from '../sites/hosts/domain.ts';
import type { Wanted } from './decide.ts';

/** The cookie for a deployment's site; whether the site is private is decided when it is visited. */
export const pictureCookie = (
  env: Env,
  { deploymentId, appId, url }: Wanted,
): Promise<PictureRequest['cookie']> =>
  accessPair(
    env,
    { host: hostName(new URL(url).host), app: appId, kind: 'picture', subject: deploymentId },
    Date.now(),
  );
