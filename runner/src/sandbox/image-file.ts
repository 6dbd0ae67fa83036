/** Reads the small files with facts in a builder image. */
import { demultiplex } from './demux.ts';
import { containerEnd, type Engine } from './engine.ts';
import { withHelper } from './helper.ts';

/** The versions of an image's tools, a line `tool=version` each (builder-images/README.md). */
export const VERSIONS_FILE = '/etc/appflux/versions';
/** The hosts that a build in it may connect to, one a line. */
export const EGRESS_FILE = '/etc/appflux/egress';
/** The address that npm installs from. */
export const NPM_REGISTRY_FILE = '/etc/appflux/npm-registry';

const MAX_BYTES = 64 * 1024;

/** The text of a file in an image; null when there is none of that name. Takes a short-lived container. */
export async function readImageFile(
  engine: Engine,
  runnerId: string,
  image: string,
  path: string,
): Promise<string | null> {
  return withHelper(engine, { runnerId, image, command: ['cat', '--', path] }, async (container) => {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    await container.start();
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const frame of demultiplex(stream as unknown as AsyncIterable<Uint8Array>)) {
      size += frame.bytes.length;
      if (size > MAX_BYTES) throw new Error(`${path} in ${image} is larger than ${MAX_BYTES} bytes`);
      if (frame.stream === 'stdout') parts.push(frame.bytes);
    }
    return (await containerEnd(container)) === 0 ? Buffer.concat(parts).toString('utf8') : null;
  });
}
