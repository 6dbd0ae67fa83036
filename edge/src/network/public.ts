/** The network that requests to addresses from outside are sent through. */
import type { Env } from '../env.ts';
import { isPrivateHost } from './private-host.ts';

type NetworkEnv = Pick<Env, 'APPFLUX_ALLOW_PRIVATE_TARGETS' | 'PUBLIC_NETWORK'>;

/** On one machine it reaches the public internet alone, whatever a name resolves to, unless the operator allows more. */
export function publicNetwork(env: NetworkEnv): typeof fetch {
  const network = env.APPFLUX_ALLOW_PRIVATE_TARGETS === '1' ? undefined : env.PUBLIC_NETWORK;
  return network === undefined ? fetch : (input, init) => network.fetch(input, init);
}

/** Whether requests may be sent to a URL: http or https, and not to a host that can only be private. */
export function isAllowedTarget(url: URL, env: NetworkEnv): boolean {
  if (!['http:', 'https:'].includes(url.protocol)) return false;
  return env.APPFLUX_ALLOW_PRIVATE_TARGETS === '1' || !isPrivateHost(url.hostname);
}
