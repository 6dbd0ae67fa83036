/** MongoDB itself in a container, if a Docker engine has its image or can pull it. */
import { MongoClient } from 'mongodb';
import { findEngine } from '../engine/find.ts';

const IMAGE = 'mongo:8';
const PORT = '27017/tcp';

/** How long MongoDB may take to answer, in milliseconds. */
const STARTS_WITHIN_MS = 30_000;

/** Starts a container; null if there is no engine or no image. */
export async function startMongoContainer(
  env: NodeJS.ProcessEnv,
): Promise<{ uri: string; stop: () => Promise<void> } | null> {
  const search = await findEngine(env);
  if (!search.found) return null;
  const { engine } = search;
  try {
    const pulling = await engine.pull(IMAGE);
    await new Promise<void>((resolve, reject) => {
      engine.modem.followProgress(pulling, (error) => (error ? reject(error) : resolve()));
    });
  } catch {
    // The registry is unreachable. An image that is already there works as well; without one there is no server.
    const there = await engine.listImages({ filters: { reference: [IMAGE] } });
    if (there.length === 0) return null;
  }
  const container = await engine.createContainer({
    Image: IMAGE,
    HostConfig: { AutoRemove: true, PortBindings: { [PORT]: [{ HostIp: '127.0.0.1', HostPort: '' }] } },
    ExposedPorts: { [PORT]: {} },
  });
  await container.start();
  const { NetworkSettings } = await container.inspect();
  const port = NetworkSettings.Ports[PORT]?.[0]?.HostPort;
  if (port === undefined) throw new Error(`The container of ${IMAGE} has no port`);
  const uri = `mongodb://127.0.0.1:${port}/`;
  await using client = new MongoClient(uri, { serverSelectionTimeoutMS: STARTS_WITHIN_MS });
  await client.db().command({ ping: 1 });
  return { uri, stop: () => container.stop({ t: 1 }) };
}
