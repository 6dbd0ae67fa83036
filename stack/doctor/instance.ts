/** How `npm run doctor` rates the instance: ports, DNS, certificates, state folder, backups. Pure. */
import type { CertificateState } from '@appflux/protocol';
import { Cron } from 'croner';
import type { Finding } from '../../runner/src/doctor/checks.ts';
import type { Status } from '../backup/status.ts';

export interface PortFacts {
  /** What listens there, such as `AppFlux`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The instance is running, so that the port has to be in use. */
  readonly running: boolean;
  /** While it is running: whether it accepts a connection there. */
  readonly accepts: boolean;
  /** While it is not running: why it couldn't listen there; null if it could. */
  readonly problem: { readonly message: string; readonly advice: string } | null;
}

/** A port that the instance listens on. */
export function checkPortOf({ name, host, port, running, accepts, problem }: PortFacts): Finding {
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (!running) {
    if (problem === null) return { level: 'ok', text: `Port of ${name}: ${at} is free` };
    return { level: 'bad', text: problem.message, advice: capitalized(problem.advice) };
  }
  if (accepts) return { level: 'ok', text: `Port of ${name}: ${at} accepts connections` };
  return {
    level: 'bad',
    text: `The instance is running, but nothing answers at ${at} (${name})`,
    advice: 'Check the files in the logs folder of the state folder, then restart the instance',
  };
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export interface NameFacts {
  /** As people write it: a host, or `*.` and a domain. */
  readonly name: string;
  /** Its addresses: none if it doesn't resolve, null if there was no answer in time. */
  readonly addresses: readonly string[] | null;
  /** The addresses of this machine's interfaces. */
  readonly own: readonly string[];
  /** Without this name nobody reaches the instance; records for single sites can stand in for a wildcard. */
  readonly required: boolean;
  /** What to do where it doesn't resolve. */
  readonly advice: string;
}

/** Whether visitors find a name. An address of another machine can be right: a router, proxy or tunnel. */
export function checkName({ name, addresses, own, required, advice }: NameFacts): Finding {
  if (addresses === null) {
    return {
      level: 'weak',
      text: `DNS: no answer for ${name}`,
      advice: 'Check the resolver of this machine',
    };
  }
  if (addresses.length === 0) {
    return { level: required ? 'bad' : 'weak', text: `DNS: ${name} does not resolve`, advice };
  }
  const list = addresses.join(', ');
  if (addresses.some((address) => own.includes(address))) {
    return { level: 'ok', text: `DNS: ${name} resolves to this machine (${list})` };
  }
  return {
    level: 'ok',
    text: `DNS: ${name} resolves to ${list}, which must be the router, proxy or tunnel in front of this machine`,
  };
}

/** A file's certificate is renewed by its owner, who needs time for that. In days. */
const FILES_RENEWED_DAYS = 14;
/** An automatic renewal has long been due: Caddy renews when a third of the lifetime is left. In days. */
const AUTO_RENEWED_DAYS = 2;

/** Valid certificates beyond this number are only counted. */
const MOST_LISTED = 3;

/**
 * The certificates of an instance that ends TLS itself.
 * @param host of the dashboard, which needs one
 */
export function checkCertificates(
  states: readonly CertificateState[],
  from: 'files' | 'acme',
  host: string,
): Finding[] {
  const findings = states.map((state) => checkCertificate(state, from));
  const valid = findings.filter(({ level }) => level === 'ok');
  return [
    ...(from === 'acme' && !states.some((state) => state.host === host)
      ? [
          {
            level: 'weak' as const,
            text: `Certificate: none for ${host} yet`,
            advice:
              'Start the instance: it requests one. Ports 80 and 443 must be reachable from the Internet',
          },
        ]
      : []),
    ...findings.filter(({ level }) => level !== 'ok'),
    ...(valid.length > MOST_LISTED
      ? [{ level: 'ok' as const, text: `Certificates: ${valid.length} valid` }]
      : valid),
  ];
}

function checkCertificate({ host, daysLeft, error }: CertificateState, from: 'files' | 'acme'): Finding {
  const why = error === null ? '' : `; the last request failed: ${error.message}`;
  const advice =
    from === 'files'
      ? 'Renew it and replace the files of APPFLUX_TLS_CERT and APPFLUX_TLS_KEY'
      : 'See logs/proxy.log in the state folder; check DNS and that port 80 is reachable';
  if (daysLeft === null) return { level: 'bad', text: `Certificate: none for ${host}${why}`, advice };
  if (daysLeft < 0) return { level: 'bad', text: `Certificate: that of ${host} has expired${why}`, advice };
  const text = `Certificate: ${host}, ${daysLeft} days left${why}`;
  const soon = daysLeft < (from === 'files' ? FILES_RENEWED_DAYS : AUTO_RENEWED_DAYS);
  return soon || error !== null ? { level: 'weak', text, advice } : { level: 'ok', text };
}

/** The secrets' file in the state folder. `mode` is null while there is none. */
export function checkSecrets(file: string, mode: number | null): Finding {
  if (mode === null) {
    return { level: 'ok', text: `No data yet: ${file} is created by the first start` };
  }
  if ((mode & 0o077) === 0) return { level: 'ok', text: `${file} can be read by its user only` };
  return {
    level: 'bad',
    text: `Other users of this machine can read ${file}`,
    advice: `Run \`chmod 600 ${file}\`: it gives full access to the instance`,
  };
}

const DAY_MS = 86_400_000;
/** Without a schedule, a backup is old after this time, in days. */
const OLD_DAYS = 7;

/** The age of the last backup, and whether the schedule is kept. */
export function checkBackup({ last, schedule }: Pick<Status, 'last' | 'schedule'>, now: Date): Finding {
  const advice = 'Run `npm run backup -- TARGET --schedule "0 3 * * *"`; docs/backup.md describes it';
  if (last?.succeededAt == null) {
    const why = last?.error == null ? '' : `; the last attempt failed: ${last.error}`;
    return { level: 'weak', text: `Backup: none yet${why}`, advice };
  }
  const at = new Date(last.succeededAt);
  const days = Math.max(0, Math.floor((now.getTime() - at.getTime()) / DAY_MS));
  const age = days === 0 ? 'less than a day old' : days === 1 ? 'one day old' : `${days} days old`;
  const text = `Backup: ${age}${last.target === null ? '' : `, at ${last.target}`}`;
  if (last.error !== null) {
    return { level: 'weak', text: `${text}; the last attempt failed: ${last.error}`, advice };
  }
  if (schedule === null) {
    const problem = days > OLD_DAYS ? text : `${text}; no schedule is set`;
    return { level: 'weak', text: problem, advice };
  }
  if (missedRuns(schedule.cron, at, now)) {
    return {
      level: 'weak',
      text: `${text}, although the schedule is "${schedule.cron}"`,
      advice: 'The schedule runs while the instance does: start it, or check its output',
    };
  }
  return { level: 'ok', text: `${text}; schedule "${schedule.cron}"` };
}

/** Whether two scheduled times have passed since the last backup: one may be running right now. */
function missedRuns(cron: string, since: Date, now: Date): boolean {
  const second = new Cron(cron).nextRuns(2, since)[1];
  return second !== undefined && second <= now;
}
