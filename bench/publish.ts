/**
 * What publishing a site of many small files costs: first, then with a few files changed, beside a PUT for each file.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { Client } from '../e2e/instance/client.ts';
import { SimulatedRunner } from '../e2e/instance/simulated-runner.ts';
import { startCountedInstance } from './cost/instance.ts';
import { numberFlags } from './flags.ts';
import { PRICES } from './prices.ts';
import { changeFiles, makeFolder } from './publish/folder.ts';
import { compressionLevels } from './publish/levels.ts';
import { publishFolder } from './publish/publish.ts';
import { conditions, print, progress, round, table } from './report.ts';

const flags = numberFlags({ files: 1000, changed: 3, parallel: 16 });

const under = conditions();
const root = await mkdtemp(join(tmpdir(), 'appflux-bench-publish-'));
const folder = join(root, 'dist');
const instance = await startCountedInstance();
try {
  const { paths, bytes } = await makeFolder(folder, flags.files);
  const client = new Client(instance);
  const { slug } = await client.createApp({ name: 'Published' });
  const runner = await SimulatedRunner.connect(instance.url, await client.registerRunner('publisher'));
  const rows: (string | number)[][] = [];
  const publish = async (what: string, changed: number) => {
    progress(what);
    let billed = { classA: 0, classB: 0 };
    const measured = await publishFolder({ client, runner, slug }, root, async (when) => {
      if (when === 'before') return instance.reset();
      const counts = await instance.counts();
      billed = { classA: counts.r2ClassA, classB: counts.r2ClassB };
    });
    const seconds = measured.packSeconds + measured.uploadSeconds;
    rows.push(row(what, changed, measured.sent, billed, seconds, measured.packSeconds));
  };
  await publish('first', bytes);
  await publish(`${flags.changed} files changed`, await changeFiles(folder, paths, flags.changed));
  await publish('nothing changed', 0);
  progress('a PUT per file');
  await instance.reset();
  const startedAt = performance.now();
  await putEach(paths);
  const seconds = (performance.now() - startedAt) / 1000;
  const counts = await instance.counts();
  rows.push(
    row('a PUT per file', bytes, bytes, { classA: counts.r2ClassA, classB: counts.r2ClassB }, seconds, 0),
  );
  runner.pool.socket.close();
  progress('compressing');
  print(
    `Publishing a site of ${flags.files} files, ${round(bytes / 1e6)} MB`,
    under,
    table(
      [
        'what',
        'changed kB',
        'sent kB',
        'class A',
        'class B',
        'dollars for a million',
        'seconds',
        'of them packing',
      ],
      rows,
    ),
    table(['compression', '% of the files', 'MB/s on one core'], await compressionLevels(folder, paths)),
    'Class A and B are operations of R2 from the question for the base until the edge has answered that all is stored.',
  );
} finally {
  await instance.stop();
  await rm(root, { recursive: true });
}

function row(
  what: string,
  changed: number,
  sent: number,
  { classA, classB }: { classA: number; classB: number },
  seconds: number,
  packing: number,
): (string | number)[] {
  const dollars = classA * PRICES.r2ClassA.dollars + classB * PRICES.r2ClassB.dollars;
  return [
    what,
    round(changed / 1e3),
    round(sent / 1e3),
    classA,
    classB,
    round(dollars * 1e6),
    round(seconds),
    round(packing),
  ];
}

/** Uploads every file as an object of its own, several at a time. */
async function putEach(paths: readonly string[]): Promise<void> {
  const { url, accessKeyId, secretAccessKey } = instance.bucket;
  const s3 = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto' });
  const queue = [...paths.entries()];
  const work = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [at, path] = next;
      const body = new Uint8Array(await readFile(join(folder, path)));
      const answer = await s3.fetch(`${url}/each/${at}`, { method: 'PUT', body });
      if (!answer.ok) throw new Error(`storage answered ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: flags.parallel }, work));
}
