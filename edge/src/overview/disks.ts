/** Disks and storage with their forecasts. Pure. */
import type { DiskUse, MachineStatus, ReportedDisk, RunnerDisk, StorageUse } from '@appflux/protocol';
import type { Sample } from '../operations/records.ts';
import { forecastOf } from './forecast.ts';

/** Names a disk in samples. `on` is the machine. */
export const diskId = (on: string, what: DiskUse['what']): string => `${on} ${what}`;

/** The disk with the instance's data. With less than `minFreeBytes` of it free, new work is refused. */
export interface Watched {
  totalBytes: number;
  freeBytes: number;
  minFreeBytes: number;
}

/** A disk as its machine reports it now. */
export type CurrentDisk = DiskUse & { on: string };

/**
 * The disks of the instance's machine: as the program that runs it reports them, and at least the one that the
 * control plane watches.
 */
export function disksOf(machine: MachineStatus | null, watched: Watched | null): CurrentDisk[] {
  const reported = (machine?.disks ?? []).map((disk) => ({ ...disk, on: 'instance' }));
  if (watched === null || reported.some(({ what }) => what === 'state')) return reported;
  const { totalBytes, freeBytes } = watched;
  return [{ what: 'state', on: 'instance', totalBytes, freeBytes }, ...reported];
}

/** The disks that connected runners report, each the one with the least to spare. */
export const runnerDisks = (online: readonly { name: string; disk?: RunnerDisk }[]): CurrentDisk[] =>
  online.flatMap(({ name, disk }) =>
    disk === undefined
      ? []
      : [{ what: 'runner', on: name, totalBytes: disk.totalBytes, freeBytes: disk.freeBytes }],
  );

/** Each disk with when it will be full, by its samples. */
export const withForecasts = (disks: readonly CurrentDisk[], samples: readonly Sample[]): ReportedDisk[] =>
  disks.map((disk) => {
    const id = diskId(disk.on, disk.what);
    const daily = samples.flatMap(({ day, disks: sampled }) => {
      // A disk that was replaced or resized fills differently.
      const found = sampled.find((one) => one.id === id && one.totalBytes === disk.totalBytes);
      return found === undefined ? [] : [{ day, usedBytes: found.usedBytes }];
    });
    return { ...disk, forecast: forecastOf(daily, disk.freeBytes) };
  });

/** What storage held at the newest measurement, and how it grows; null before the first. */
export function storageUse(samples: readonly Sample[]): StorageUse | null {
  const measured = samples.flatMap((sample) =>
    sample.stored === null ? [] : [{ ...sample, stored: sample.stored }],
  );
  const [newest] = [...measured].sort((one, other) => (one.day > other.day ? -1 : 1));
  if (newest === undefined) return null;
  const { sources, artifacts, logs, complete } = newest.stored;
  const daily = measured
    .filter(({ stored }) => stored.complete)
    .map(({ day, stored }) => ({ day, usedBytes: stored.sources + stored.artifacts + stored.logs }));
  return {
    measuredAt: new Date(newest.at).toISOString(),
    bytes: { sources, artifacts, logs, backups: newest.backupBytes },
    complete,
    growth: forecastOf(daily, null),
  };
}
