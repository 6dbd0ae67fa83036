/** What a call of the API costs of its caller's allowance: units, by what it makes the control plane do. Pure. */

/** One read of a record. */
const READ = 1;
/** One change. */
const WRITE = 2;
/** A page of a log, or all of it: up to 4 MiB are read, or as much as there is. */
const LOG = 5;
/** Begins, ends or repeats a build, which many writes follow. */
const BUILD = 10;
/** Asks the objects of many teams. A token that reads the metrics is on other machines, and may be lost there. */
const INSTANCE = 20;
/** A WebSocket: an object wakes for it, and a viewer gets up to 8 MiB immediately. */
const SOCKET = 20;

const BUILDS = [
  /^\/api\/apps\/[^/]+\/deployments$/,
  /^\/api\/deploy$/,
  /^\/api\/deployments\/[^/]+\/(?:cancel|redeploy)$/,
  /^\/hooks\/deploy\//,
];
const SOCKETS = [/\/logs\/live$/, /\/connect$/];
const INSTANCES = /^\/api\/ops\/(?:metrics|overview|maintenance)$/;
const LOGS = /\/logs(?:\.ndjson)?$/;

/** The price of a call. */
export function costOf(method: string, path: string): number {
  if (SOCKETS.some((pattern) => pattern.test(path))) return SOCKET;
  if (INSTANCES.test(path)) return INSTANCE;
  if (method === 'GET' || method === 'HEAD') return LOGS.test(path) ? LOG : READ;
  return method === 'POST' && BUILDS.some((pattern) => pattern.test(path)) ? BUILD : WRITE;
}
