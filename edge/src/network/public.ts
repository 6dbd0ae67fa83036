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

/** `publicNetwork` that refuses a URL which isn't allowed, as if its host could not be reached. */
export function allowedNetwork(env: NetworkEnv): typeof fetch {
  const network = publicNetwork(env);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!isAllowedTarget(url, env)) throw new TypeError('This instance sends nothing to private addresses');
    return network(input, init);
  };
}
