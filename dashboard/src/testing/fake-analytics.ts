/** Generated analytics for the fake API, with quiet weekends; empty without an App. */
import { type Analytics, AnalyticsQuery, AppFluxError } from '@appflux/protocol';
import type { World } from './world.ts';

const DAY_MS = 86_400_000;

export function analyticsOf({ apps }: World, search: URLSearchParams): Analytics {
  const { days: count, app: slug } = AnalyticsQuery.parse(Object.fromEntries(search));
  const app = apps.find((one) => one.slug === slug);
  if (slug !== undefined && app === undefined) throw new AppFluxError('not_found', `There is no app ${slug}`);
  const now = Date.now();
  const days = Array.from({ length: count }, (_, index) => {
    const date = new Date(now - (count - 1 - index) * DAY_MS);
    const weekend = date.getUTCDay() % 6 === 0;
    const busy = apps.length === 0 ? 0 : weekend ? 1 : 4 + ((index * 7) % 5);
    return {
      day: date.toISOString().slice(0, 10),
      success: busy,
      failed: index % 4 === 1 ? Math.min(2, busy) : 0,
      canceled: index % 9 === 3 ? Math.min(1, busy) : 0,
      downloads: busy * (11 + ((index * 5) % 17)),
    };
  });
  const sum = (key: 'success' | 'failed' | 'canceled' | 'downloads') =>
    days.reduce((total, day) => total + day[key], 0);
  const [success, failed] = [sum('success'), sum('failed')];
  const some = success > 0;
  const shares = apps
    .slice(0, 5)
    .map(({ slug: of, name }, index) => ({ app: { slug: of, name }, share: 2 ** -index / 2 }));
  return {
    from: days[0]?.day ?? '',
    to: days.at(-1)?.day ?? '',
    app: app ? { slug: app.slug, name: app.name } : null,
    days,
    builds: {
      success,
      failed,
      canceled: sum('canceled'),
      successRate: some ? success / (success + failed) : null,
      durationSeconds: some ? { p50: 64.2, p95: 288 } : null,
      waitingSeconds: some ? { p50: 0.4, p95: 12 } : null,
    },
    downloads: sum('downloads'),
    topBuilds: shares.map(({ app: of, share }) => ({
      app: of,
      success: Math.ceil(success * share),
      failed: Math.floor(failed * share),
      canceled: 0,
    })),
    topDownloads: shares
      .slice(1, 4)
      .map(({ app: of, share }) => ({ app: of, downloads: Math.ceil(sum('downloads') * share) })),
  };
}
