/** A site of many small files for the count of costs: its publication, and views of its pages. */
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, pause } from '../../e2e/instance/client.ts';
import { SimulatedRunner } from '../../e2e/instance/simulated-runner.ts';
import { changeFiles, makeFolder } from '../publish/folder.ts';
import { publishFolder } from '../publish/publish.ts';
import type { CountedInstance } from './instance.ts';

export interface SiteScene {
  /** Deploys the site, the second time with three files changed, and waits until it is the release. */
  publish(): Promise<void>;
  /** Opens pages: each is the document and two of its files, from a browser that has none of them. */
  view(times: number): Promise<void>;
  close(): Promise<void>;
}

/** Prepares an app, a runner and a folder of `files` files. */
export async function setSite(instance: CountedInstance, files: number): Promise<SiteScene> {
  const root = await mkdtemp(join(tmpdir(), 'appflux-bench-site-'));
  const folder = join(root, 'dist');
  const { paths } = await makeFolder(folder, files);
  const client = new Client(instance);
  const { slug } = await client.createApp({ name: 'Viewed', type: 'web' });
  const runner = await SimulatedRunner.connect(instance.url, await client.registerRunner('publisher'));
  let published = 0;
  return {
    publish: async () => {
      if (published > 0) await changeFiles(folder, paths, 3);
      published += 1;
      const { release: before } = await client.app(slug);
      await publishFolder({ client, runner, slug }, root, async () => undefined);
      while ((await client.app(slug)).release === before) await pause(200);
    },
    view: async (times) => {
      const port = Number(new URL(instance.url).port);
      const host = `${slug}.sites.localhost:${port}`;
      for (let view = 0; view < times; view += 1) {
        // Every view has other files than the one before.
        const own = [1, 2].map((n) => `/${paths[1 + ((2 * view + n) % (paths.length - 1))]}`);
        for (const path of ['/', ...own]) await read({ port, host, path });
      }
    },
    close: async () => {
      runner.pool.socket.close();
      await rm(root, { recursive: true });
    },
  };
}

/** Reads a file of the site. A browser would resolve the host; here the header has to do. */
function read({ port, host, path }: { port: number; host: string; path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: encodeURI(path), headers: { host } }, (answer) => {
      answer.resume();
      answer.once('error', reject);
      answer.once('end', () => {
        // 307: the clean URL of a page.
        if (answer.statusCode === 200 || answer.statusCode === 307) resolve();
        else reject(new Error(`${path} was answered ${answer.statusCode}`));
      });
    });
    request.once('error', reject);
  });
}
