/** The network part of a deployment's log. */
import type { EgressReport } from './ledger.ts';

const LISTED_HOSTS = 20;
const LISTED_REFUSALS = 20;

/** A report as log lines: what was reached with how much traffic, then what was refused, why, and what to do. */
export function renderReport(report: EgressReport): string[] {
  const reached = report.hosts.slice(0, LISTED_HOSTS).map((host) => {
    const requests = `${host.requests} ${host.requests === 1 ? 'request' : 'requests'}`;
    return `Network: ${host.host}: ${requests}, ${size(host.bytesIn)} in, ${size(host.bytesOut)} out`;
  });
  const refused = report.refused.slice(0, LISTED_REFUSALS).map(({ count, text }) => {
    return `Network: refused ${count === 1 ? 'once' : `${count} times`}: ${text}`;
  });
  const more = report.hosts.length - reached.length;
  const moreRefused =
    report.refused.slice(LISTED_REFUSALS).reduce((sum, { count }) => sum + count, 0) + report.refusedUnlisted;
  return [
    ...reached,
    ...(more > 0 ? [`Network: and ${more} more ${more === 1 ? 'host' : 'hosts'}`] : []),
    ...refused,
    ...(moreRefused > 0 ? [`Network: and ${moreRefused} more refusals`] : []),
  ];
}

function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
