import { createServer } from 'node:net';
import type { SiteBase } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Publishing, usePublishing } from './testing/publishing.ts';

const now = usePublishing();
const write: Publishing['write'] = (files) => now().write(files);
const collect: Publishing['collect'] = (collecting) => now().collect(collecting);
const publish: Publishing['publish'] = (artifact) => now().publish(artifact);

const text = (name: string) => `${name} `.repeat(400);

/** Changes what the edge says of the base. */
function change(members: Partial<SiteBase>): void {
  const { sites } = now();
  if (sites.base === null) throw new Error('there is no base');
  sites.base = { ...sites.base, ...members };
}

describe('a base', () => {
  const manifest = { 'dist/index.html': text('index') };
  const sendsAll = async () => {
    const artifact = await collect();
    await publish(artifact);
    expect(now().sites.index).toMatchObject({ base: null, add: [{ path: 'index.html' }] });
    expect(now().lines[0]).toBe('The previous publication can’t be read, so all files are published again.');
  };

  beforeEach(async () => {
    await write(manifest);
    await publish(await collect());
  });

  test('that is gone from storage isn’t used', async () => {
    now().edge.sources.clear();
    await sendsAll();
    expect(now().journal).toContain('404');
    expect(now().journal).not.toContain('X-Amz-Signature');
  });

  test.each([
    ['of another content', (bytes: Buffer) => Buffer.from(bytes).fill(0)],
    ['that is cut off', (bytes: Buffer) => bytes.subarray(1)],
    ['that is longer', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(100_000)])],
  ])('%s isn’t used', async (_, spoil) => {
    for (const [name, bytes] of now().edge.sources) now().edge.sources.set(name, spoil(bytes));
    await sendsAll();
  });

  test('of another deployment isn’t used', async () => {
    change({ deploymentId: 'f'.repeat(24) });
    await sendsAll();
  });

  test('larger than any manifest isn’t downloaded', async () => {
    change({ size: 1e9 });
    await sendsAll();
  });

  test('that can’t be reached isn’t used', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    change({ url: `http://127.0.0.1:${port}/x?X-Amz-Signature=7` });
    await sendsAll();
    expect(now().journal).toContain('ECONNREFUSED');
  });
});
