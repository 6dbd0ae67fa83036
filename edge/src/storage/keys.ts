/** Where things lie in storage. */

/** All that a deployment's attempts and its log leave. */
export const deploymentPrefix = (appId: string, deploymentId: string) => `apps/${appId}/${deploymentId}/`;

/** An attempt's artifacts; the attempt in the key fences a stale runner off the artifacts of a later one. */
export const attemptPrefix = (appId: string, deploymentId: string, attempt: number) =>
  `${deploymentPrefix(appId, deploymentId)}${attempt}/`;

export const artifactKey = (appId: string, deploymentId: string, attempt: number, name: string) =>
  attemptPrefix(appId, deploymentId, attempt) + name;

/** A deployment's whole log: gzip, one JSON line an item. */
export const logKey = (appId: string, deploymentId: string) =>
  `${deploymentPrefix(appId, deploymentId)}log.ndjson.gz`;

/** All that belongs to an app. */
export const appPrefix = (appId: string) => `apps/${appId}/`;

/** A source upload. */
export const uploadKey = (uploadId: string) => `uploads/${uploadId}/source.zip`;
