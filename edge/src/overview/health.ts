/** Decides how each part of the instance is, and what to do about it. Pure. Times are Unix milliseconds. */
import {
  type AddressStatus,
  type BackupStatus,
  type CertificateState,
  formatBytes,
  type HealthLevel,
  type HealthPart,
  type PartState,
  type RunnerDisk,
  type RunnerScanner,
} from '@appflux/protocol';
import type { MailSettings } from '../mail/settings.ts';
import type { CronRuns } from '../operations/records.ts';
import { SIGNATURES_DAYS, scannerState } from '../operations/scanner-state.ts';
import type { Watched } from './disks.ts';
import { LONGEST, type Oldest } from './stuck.ts';

const DAY = 86_400_000;

/** With fewer days left, renewal has failed: certificates are renewed when a third of their life is left. */
const CERTIFICATE_DAYS = 14;
/** With fewer days left, visitors will soon be refused. */
const CERTIFICATE_DAYS_LAST = 3;

/** A backup that is older than this is too old, in milliseconds. */
const BACKUP_OLD = 2 * DAY;

/** A disk with less of it free than this, or fewer bytes, needs attention. */
const LITTLE_FREE = 0.1;
const LITTLE_BYTES = 2e9;
const NO_BYTES = 500e6;

export interface OnlineRunnerFacts {
  name: string;
  disk?: RunnerDisk | undefined;
  scanner?: RunnerScanner | undefined;
}

/** Null stands for what could not be read. */
export interface HealthFacts {
  now: number;
  metadata: boolean;
  storage: boolean;
  queue: { messages: number } | null;
  /** Whether a Durable Object answered. */
  objects: boolean;
  cron: { runs: CronRuns | null } | null;
  runners: { registered: number; online: readonly OnlineRunnerFacts[] } | null;
  /** `status` is null where nobody knows of certificates, as on Cloudflare. */
  addresses: { status: AddressStatus | null } | null;
  mail: MailSettings;
  outbox: Oldest | null;
  backup: { status: BackupStatus | null } | null;
  disks: readonly { on: string; what: string; totalBytes: number; freeBytes: number }[] | null;
  /** The disk below whose threshold new work is refused; null if there is none. */
  watched: Watched | null;
}

type Verdict = readonly [level: HealthLevel, summary: string, advice?: string];

const UNREAD: Verdict = [
  'unknown',
  'Couldn’t be read',
  'Errors below, and the log of the control plane, say why.',
];

/** One state per part, in the order in which a page shows them. */
export function healthOf(facts: HealthFacts): PartState[] {
  const verdicts: Record<HealthPart, Verdict> = {
    metadata: facts.metadata
      ? ['ok', 'Responds']
      : [
          'down',
          'Doesn’t respond',
          'Check the database (D1, or MONGODB_URI), then the log of the control plane.',
        ],
    storage: facts.storage
      ? ['ok', 'Responds']
      : [
          'down',
          'Doesn’t respond',
          'Check that the S3 endpoint runs, has free space, and accepts the credentials.',
        ],
    queue: queueVerdict(facts.queue),
    objects: facts.objects
      ? ['ok', 'Respond']
      : ['down', 'Don’t respond', 'Restart the control plane. Its log says what fails.'],
    cron: facts.cron === null ? UNREAD : cronVerdict(facts.cron.runs, facts.now),
    runners: facts.runners === null ? UNREAD : runnersVerdict(facts.runners),
    scanner: facts.runners === null ? UNREAD : scannerVerdict(facts.runners.online, facts.now),
    certificates: facts.addresses === null ? UNREAD : certificatesVerdict(facts.addresses.status),
    mail: mailVerdict(facts.mail, facts.outbox),
    backup: facts.backup === null ? UNREAD : backupVerdict(facts.backup.status, facts.now),
    disk:
      facts.disks === null ? UNREAD : diskVerdict(facts.disks, facts.watched, facts.runners?.online ?? []),
  };
  return Object.entries(verdicts).map(([part, [level, summary, advice = null]]) => ({
    part: part as HealthPart,
    level,
    summary,
    advice,
  }));
}

function queueVerdict(queue: HealthFacts['queue']): Verdict {
  if (queue === null)
    return ['down', 'Doesn’t respond', 'Restart the control plane. Its log says what fails.'];
  if (queue.messages <= 1_000)
    return ['ok', queue.messages === 0 ? 'Empty' : `${queue.messages} messages wait`];
  return ['warn', `${queue.messages} messages wait`, 'Check Errors for messages that fail.'];
}

function cronVerdict(runs: CronRuns | null, now: number): Verdict {
  if (runs === null) return ['unknown', 'No run yet', 'The first run is within 15 minutes.'];
  const advice = 'Check the log of the control plane. The cron removes what has expired.';
  if (now - runs.startedAt > LONGEST.cron) return ['down', 'Overdue: it runs every 15 minutes', advice];
  if (runs.error !== null) return ['warn', `The last run failed: ${runs.error}`, advice];
  return ['ok', 'Runs every 15 minutes'];
}

function runnersVerdict({ registered, online }: NonNullable<HealthFacts['runners']>): Verdict {
  if (registered === 0)
    return ['warn', 'No runner is registered', 'Add one under Runners. Without it nothing is built.'];
  const summary = `${online.length} of ${registered} online`;
  const advice = 'Start them, or remove those that are gone. `appflux-runner doctor` finds what is wrong.';
  if (online.length === 0) return ['down', summary, advice];
  return online.length < registered ? ['warn', summary, advice] : ['ok', summary];
}

function scannerVerdict(online: readonly OnlineRunnerFacts[], now: number): Verdict {
  const states = online.map(({ name, scanner }) => ({ name, scanner, state: scannerState(scanner, now) }));
  const [missing] = states.filter(({ state }) => state === 'missing' || state === 'no_signatures');
  if (missing !== undefined) {
    const what = missing.state === 'missing' ? 'has no malware scanner' : 'has no malware signatures';
    return [
      'down',
      `Runner ${missing.name} ${what}`,
      'Run `appflux-runner doctor` there. See docs/malware-scan.md.',
    ];
  }
  const ages = states.flatMap(({ name, scanner }) =>
    scanner?.signaturesAt == null
      ? []
      : [{ name, days: Math.floor((now - Date.parse(scanner.signaturesAt)) / DAY) }],
  );
  const oldest = ages.reduce((one, other) => (other.days > one.days ? other : one), { name: '', days: -1 });
  if (oldest.days >= SIGNATURES_DAYS) {
    return [
      'warn',
      `Signatures of runner ${oldest.name} are ${oldest.days} days old`,
      'Check that freshclam runs there and reaches its mirror.',
    ];
  }
  if (ages.length > 0) return ['ok', `Signatures are ${daysOld(oldest.days)}`];
  if (states.some(({ state }) => state === 'off')) return ['off', 'Turned off'];
  return ['unknown', 'No connected runner reports one', 'It is known once a runner connects.'];
}

const daysOld = (days: number) =>
  days <= 0 ? 'less than a day old' : `${days} ${days === 1 ? 'day' : 'days'} old`;

function certificatesVerdict(status: AddressStatus | null): Verdict {
  if (status === null || status.tls === 'off') return ['off', 'HTTPS isn’t provided by this instance'];
  const known = status.certificates.filter(
    (one): one is CertificateState & { daysLeft: number } => one.daysLeft !== null,
  );
  const [first] = [...known].sort((one, other) => one.daysLeft - other.daysLeft);
  const failing = status.certificates.find(({ error }) => error !== null);
  const advice = 'Settings, Addresses lists the certificates with their errors.';
  if (first !== undefined && first.daysLeft < CERTIFICATE_DAYS) {
    const summary =
      first.daysLeft < 0 ? `${first.host} has expired` : `${first.host} expires in ${first.daysLeft} days`;
    return [first.daysLeft < CERTIFICATE_DAYS_LAST ? 'down' : 'warn', summary, advice];
  }
  if (failing !== undefined) return ['warn', `The last request for ${failing.host} failed`, advice];
  if (first === undefined)
    return ['unknown', 'No certificate yet', 'The first visitor of a host requests one.'];
  return ['ok', `The first expires in ${first.daysLeft} days`];
}

function mailVerdict(mail: MailSettings, outbox: Oldest | null): Verdict {
  if (mail.kind === 'none') return ['off', 'This instance sends no email'];
  if (mail.kind === 'incomplete') return ['down', 'Can’t be sent', mail.problem];
  if (outbox === null) return UNREAD;
  if (outbox.count === 0) return ['ok', 'Nothing waits'];
  const waiting = `${outbox.count} ${outbox.count === 1 ? 'link' : 'links'} not sent`;
  return ['warn', waiting, 'Settings, Sign-in links shows why, and the links themselves.'];
}

function backupVerdict(status: BackupStatus | null, now: number): Verdict {
  const advice = 'Run `npm run backup`, and set a schedule with `--schedule`. See docs/backup.md.';
  if (status === null || status.succeededAt === null) return ['warn', 'There is no backup', advice];
  if (status.error !== null) return ['warn', `The last attempt failed: ${status.error}`, advice];
  const age = Math.max(0, now - Date.parse(status.succeededAt));
  if (age > BACKUP_OLD) return ['warn', `The newest backup is ${daysOld(Math.floor(age / DAY))}`, advice];
  if (status.schedule === null)
    return ['warn', 'No schedule is set', 'Set one with `npm run backup -- --schedule`.'];
  return ['ok', `The newest backup is ${daysOld(Math.floor(age / DAY))}`];
}

function diskVerdict(
  disks: NonNullable<HealthFacts['disks']>,
  watched: Watched | null,
  online: readonly OnlineRunnerFacts[],
): Verdict {
  if (watched !== null && watched.freeBytes < watched.minFreeBytes) {
    const { freeBytes, minFreeBytes } = watched;
    return [
      'down',
      `New work is refused: ${formatBytes(freeBytes)} free, and ${formatBytes(minFreeBytes)} have to stay free`,
      'Free space, or enlarge the disk. Work is accepted again as soon as there is enough.',
    ];
  }
  const low = online.find(({ disk }) => disk?.low === true);
  if (low?.disk !== undefined) {
    const { freeBytes, minFreeBytes } = low.disk;
    return [
      'down',
      `Runner ${low.name} takes no builds: ${formatBytes(freeBytes)} free, ${formatBytes(minFreeBytes)} needed`,
      'Free space there, or lower its --min-free. It takes builds again as soon as there is enough.',
    ];
  }
  const [fullest] = [...disks].sort((one, other) => one.freeBytes - other.freeBytes);
  if (fullest === undefined) return ['off', 'No disk is reported'];
  const summary = `${formatBytes(fullest.freeBytes)} free ${whereOf(fullest)}`;
  const advice = 'Free space, or enlarge the disk. Shorter retention and smaller caches help.';
  if (fullest.freeBytes < NO_BYTES) return ['down', summary, advice];
  const isLittle = disks.some(
    ({ freeBytes, totalBytes }) => freeBytes < LITTLE_BYTES || freeBytes < totalBytes * LITTLE_FREE,
  );
  return isLittle ? ['warn', summary, advice] : ['ok', summary];
}

const whereOf = ({ on, what }: { on: string; what: string }): string => {
  if (what === 'runner') return `on the disk of runner ${on}`;
  return what === 'state' ? 'on the disk of the state folder' : 'on the disk of Docker';
};
