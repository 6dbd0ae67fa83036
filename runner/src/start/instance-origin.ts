/**
 * A runner on the instance's own machine: uploads and downloads have URLs at the instance's public address, which this
 * machine may be unable to reach (a router that does not lead back inside, a private certificate authority).
 */
import { type Dispatcher, getGlobalDispatcher, setGlobalDispatcher } from 'undici';

/**
 * Sends requests for the origin of `publicUrl` to that of `reachedAt`, for the whole process. They keep their Host
 * header, which is part of what is signed.
 */
export function sendToInstance(publicUrl: URL, reachedAt: URL): void {
  if (publicUrl.origin === reachedAt.origin) return;
  setGlobalDispatcher(getGlobalDispatcher().compose(redirecting(publicUrl, reachedAt)));
}

function redirecting(publicUrl: URL, reachedAt: URL): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    if (options.origin?.toString() !== publicUrl.origin) return dispatch(options, handler);
    const headers = [...pairsOf(options.headers), 'host', publicUrl.host];
    return dispatch({ ...options, origin: reachedAt.origin, headers }, handler);
  };
}

type Headers = Dispatcher.DispatchOptions['headers'];

/** Headers as undici takes them flat: name, value, name, value. */
function pairsOf(headers: Headers): string[] {
  if (headers == null) return [];
  if (Array.isArray(headers)) return headers.filter((text) => typeof text === 'string');
  const entries = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  return entries.flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]));
}
