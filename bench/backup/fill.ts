/** Fills an instance with deployments that have ended: a log and an artifact each. */
import { createHash, randomBytes } from 'node:crypto';
import type { LocalInstance } from '../../e2e/backup/instance.ts';
import { Client } from '../../e2e/instance/client.ts';
import { SimulatedRunner } from '../../e2e/instance/simulated-runner.ts';

/** Below the size from which uploads come in parts. */
const LARGEST_ARTIFACT = 15 * 1024 ** 2;

/** Lines of each log. */
const LINES = 200;

/** Has so many deployments built, with so many bytes of artifacts between them; `from` numbers the first one. */
export async function fillInstance(
  instance: LocalInstance,
  { bytes, deployments, from }: { bytes: number; deployments: number; from: number },
): Promise<void> {
  const client = new Client(instance);
  const label = `fill-${from}`;
  const registered = await client.registerRunner(label, [label]);
  const runner = await SimulatedRunner.connect(instance.url, registered, { labels: [label] });
  const slug = `filled-${from}`;
  await client.createApp({ name: slug, slug, build: { labels: [label] } });
  const uploadId = await client.upload('source.zip', Buffer.from('read by nobody'));
  const each = Math.ceil(bytes / deployments);
  const files = Math.ceil(each / LARGEST_ARTIFACT);
  for (let number = 0; number < deployments; number += 1) {
    const { id } = await client.deploy(slug, { uploadId });
    const attempt = await runner.begin();
    attempt.lines(1, LINES);
    await attempt.acked();
    const names: string[] = [];
    for (let file = 0; file < files; file += 1) {
      const name = `file-${file}.bin`;
      const content = randomBytes(Math.ceil(each / files));
      const sha256 = createHash('sha256').update(content).digest('hex');
      await attempt.deliver({ name, sha256 }, content);
      names.push(name);
    }
    attempt.finish({ status: 'success', artifacts: names });
    await client.untilEnded(id);
    runner.free(attempt.grant);
  }
  await runner.pool.cut();
}
