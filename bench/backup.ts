/**
 * Backing up a running instance: time, size and pause of a first backup, of a second one right after it, and of a third one
 * after a day's work; then a restore.
 *
 *   npm run bench:backup                   10 GB of artifacts, 2,000 deployments
 *   npm run bench:backup -- --gigabytes 1 --deployments 200
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOn } from '../e2e/backup/instance.ts';
import { fillInstance } from './backup/fill.ts';
import { timed } from './backup/timed.ts';
import { numberFlags } from './flags.ts';
import { conditions, print, progress, round, table } from './report.ts';

const MB = 1024 ** 2;

const flags = numberFlags({ gigabytes: 10, deployments: 2_000 });
const heading = conditions();
const folder = await mkdtemp(join(tmpdir(), 'appflux-bench-backup-'));
try {
  const instance = await startOn(join(folder, 'state'));
  progress(`filling: ${flags.gigabytes} GB, ${flags.deployments} deployments`);
  await fillInstance(instance, {
    bytes: flags.gigabytes * 1024 * MB,
    deployments: flags.deployments,
    from: 0,
  });
  const target = join(folder, 'appflux.backup');
  const rows: (string | number)[][] = [];
  const row = (
    name: string,
    { seconds, cpuSeconds, line, fileBytes, addedBytes }: Awaited<ReturnType<typeof timed>>,
  ) =>
    rows.push([
      name,
      round(seconds),
      round(cpuSeconds),
      round(Number(/paused for ([\d.]+) s/.exec(line)?.[1] ?? 0) * 1000),
      round(addedBytes / MB),
      round(fileBytes / MB),
    ]);

  progress('first backup');
  row('first', await timed('backup', instance.state, target));
  progress('second backup');
  row('second, nothing changed', await timed('backup', instance.state, target));
  const more = { bytes: (flags.gigabytes * 1024 * MB) / 50, deployments: Math.ceil(flags.deployments / 50) };
  await fillInstance(instance, { ...more, from: flags.deployments });
  progress('third backup');
  row('third, 2 % more', await timed('backup', instance.state, target));
  progress('verify');
  row('verify', await timed('verify', instance.state, target));
  await instance.kill();
  progress('restore');
  row('restore', await timed('restore', join(folder, 'restored'), target));

  print(
    'Backup of a running instance',
    heading,
    `${flags.gigabytes} GB of artifacts that do not compress, in ${flags.deployments} deployments with logs`,
    table(['step', 'seconds', 'CPU s', 'pause ms', 'MB added', 'MB in all'], rows),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
