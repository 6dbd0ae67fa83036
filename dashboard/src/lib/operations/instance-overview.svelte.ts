import type { ClientPart } from '@appflux/client';
import type { Forecast, HealthLevel, HealthPart, Overview, StorageKind } from '@appflux/protocol';
import { formatBytes } from '#lib/format/bytes.ts';
import { plural } from '#lib/format/number.ts';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

/** Milliseconds between loads while the page is visible: each asks some dozens of objects. */
const PAUSE_MS = 30_000;

/** How the instance is, for its owner. */
export class InstanceOverview extends LiveResource<Overview> {
  constructor(api: ClientPart<{ operator: 'overview' }>, page?: PageLifecycle) {
    super({
      load: (signal) => api.operator.overview({ signal }),
      pauseAfter: () => PAUSE_MS,
      ...(page && { page }),
    });
  }
}

export const PART_NAMES: Readonly<Record<HealthPart, string>> = {
  metadata: 'Metadata',
  storage: 'Storage',
  queue: 'Queue',
  objects: 'Durable Objects',
  cron: 'Cron',
  runners: 'Runners',
  scanner: 'Malware scanner',
  certificates: 'Certificates',
  mail: 'Email',
  backup: 'Backup',
  disk: 'Disk',
};

export const LEVEL_NAMES: Readonly<Record<HealthLevel, string>> = {
  ok: 'OK',
  warn: 'Needs attention',
  down: 'Down',
  unknown: 'Unknown',
  off: 'Off',
};

export const STORAGE_NAMES: Readonly<Record<StorageKind, string>> = {
  sources: 'Sources',
  artifacts: 'Artifacts',
  logs: 'Logs',
  backups: 'Backups',
};

/** All parts in one sentence. */
export function healthSummary(health: Overview['health']): string {
  const count = (level: HealthLevel) => health.filter((part) => part.level === level).length;
  const [down, warn, unknown] = [count('down'), count('warn'), count('unknown')];
  if (down + warn + unknown === 0) return 'Everything works.';
  const parts = [
    down > 0 ? `${down} down` : '',
    warn > 0 ? plural(warn, ['# needs attention', '# need attention']) : '',
    unknown > 0 ? `${unknown} unknown` : '',
  ];
  return `${parts.filter((text) => text !== '').join(', ')}.`;
}

/** When a disk is full, as text. `isBad` within two weeks. */
export function forecastNote(forecast: Forecast): { text: string; isBad: boolean } {
  if (forecast.kind === 'too_few_samples') {
    const { samples, needed } = forecast;
    return { text: `No forecast yet: ${samples} of ${needed} daily samples`, isBad: false };
  }
  if (forecast.kind === 'not_growing') return { text: 'Not growing', isBad: false };
  const growth = `grows by ${formatBytes(forecast.bytesPerDay)} a day`;
  const { fullInDays } = forecast;
  if (fullInDays === null) return { text: capitalized(growth), isBad: false };
  const when =
    fullInDays === 0 ? 'Full within a day' : plural(fullInDays, ['Full in # day', 'Full in # days']);
  return { text: `${when}, ${growth}`, isBad: fullInDays < 14 };
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** How full a disk is, from 0 to 100. A runner may report more free bytes than there are. */
export const percentUsed = ({ totalBytes, freeBytes }: { totalBytes: number; freeBytes: number }): number =>
  totalBytes === 0 ? 0 : Math.max(0, Math.round(((totalBytes - freeBytes) / totalBytes) * 100));
