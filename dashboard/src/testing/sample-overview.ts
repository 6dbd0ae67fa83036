/** What the operator of a sample instance sees, with times relative to now. */
import type { Overview } from '@appflux/protocol';
import { idOf, OWNER } from './fixtures.ts';

const GB = 1e9;

/** An instance in which something of each kind needs attention. */
export function overview(over: Partial<Overview> = {}, now = Date.now()): Overview {
  const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();
  const day = 86_400;
  return {
    at: ago(0),
    health: [
      { part: 'metadata', level: 'ok', summary: 'Responds', advice: null },
      { part: 'storage', level: 'ok', summary: 'Responds', advice: null },
      { part: 'queue', level: 'ok', summary: 'Empty', advice: null },
      { part: 'objects', level: 'ok', summary: 'Respond', advice: null },
      { part: 'cron', level: 'ok', summary: 'Runs every 15 minutes', advice: null },
      {
        part: 'runners',
        level: 'warn',
        summary: '1 of 2 online',
        advice: 'Start them, or remove those that are gone. `appflux-runner doctor` finds what is wrong.',
      },
      {
        part: 'scanner',
        level: 'warn',
        summary: 'Signatures of runner local-1 are 9 days old',
        advice: 'Check that freshclam runs there and reaches its mirror.',
      },
      { part: 'certificates', level: 'ok', summary: 'The first expires in 61 days', advice: null },
      { part: 'mail', level: 'off', summary: 'This instance sends no email', advice: null },
      {
        part: 'backup',
        level: 'down',
        summary: 'The last attempt failed: no space left on device',
        advice: 'Run `npm run backup`, and set a schedule with `--schedule`. See docs/backup.md.',
      },
      { part: 'disk', level: 'ok', summary: '38 GB free on instance (state)', advice: null },
    ],
    unended: { queued: 2, building: 1, canceling: 0 },
    stuck: {
      items: [
        {
          kind: 'build_silent',
          since: ago(2400),
          summary: 'A build of harbor-web has written no line for long',
          advice: 'Open its log. If it hangs, cancel it; its time limit ends it otherwise.',
          deploymentId: idOf(201),
          teamId: OWNER,
        },
        {
          kind: 'dead_letters',
          since: ago(900),
          summary: '3 messages could not be delivered by the queues',
          advice: 'Fix the cause under Errors, then replay them with POST /api/ops/dead-letters/{id}/replay.',
          deploymentId: null,
          teamId: null,
        },
      ],
      isCut: false,
    },
    disks: [
      {
        on: 'instance',
        what: 'state',
        totalBytes: 160 * GB,
        freeBytes: 38 * GB,
        forecast: { kind: 'growing', bytesPerDay: 4.2 * GB, fullInDays: 9 },
      },
      {
        on: 'instance',
        what: 'engine',
        totalBytes: 500 * GB,
        freeBytes: 310 * GB,
        forecast: { kind: 'too_few_samples', samples: 2, needed: 5 },
      },
      // Runners of two teams may have the same name.
      ...[120, 61].map((free) => ({
        on: 'local-1',
        what: 'runner' as const,
        totalBytes: 250 * GB,
        freeBytes: free * GB,
        forecast: { kind: 'not_growing' as const },
      })),
    ],
    storage: {
      use: {
        measuredAt: ago(5 * 3600),
        bytes: { sources: 1.4 * GB, artifacts: 21.7 * GB, logs: 0.4 * GB, backups: null },
        complete: true,
        growth: { kind: 'growing', bytesPerDay: 0.3 * GB, fullInDays: null },
      },
    },
    versions: {
      controlPlane: '0.1.0',
      node: 'v24.11.0',
      docker: '27.3.1',
      stateFormat: '1',
      runners: [
        {
          id: idOf(500),
          name: 'local-1',
          teamId: OWNER,
          version: '0.1.0',
          isOnline: true,
          isOlder: false,
          lastSeenAt: ago(20),
          signaturesAt: ago(9 * day),
          machine: {
            node: 'v24.11.0',
            docker: '27.3.1',
            images: [
              { name: 'android', createdAt: ago(20 * day) },
              // A runner may report the same name twice.
              { name: 'web', createdAt: ago(2 * day) },
              { name: 'web', createdAt: ago(9 * day) },
            ],
          },
        },
        {
          id: idOf(501),
          name: 'basement-xeon',
          teamId: OWNER,
          version: '0.0.9',
          isOnline: false,
          isOlder: true,
          lastSeenAt: ago(3 * day),
          signaturesAt: null,
          machine: null,
        },
      ],
    },
    backup: {
      status: {
        succeededAt: ago(1.2 * day),
        target: 's3://harbor-backups/appflux',
        error: 'no space left on device',
        triedAt: ago(0.2 * day),
        schedule: '0 3 * * *',
        nextAt: ago(-0.8 * day),
        verifiedAt: ago(6 * day),
        bytes: 18 * GB,
      },
      ageSeconds: Math.floor(1.2 * day),
    },
    errors: [
      {
        id: 'e1',
        source: 'queue event-queue',
        code: 'unavailable',
        message: 'event-queue: message <id> failed, attempt <n>: The metadata store doesn’t respond',
        count: 1240,
        firstSeenAt: ago(7200),
        lastSeenAt: ago(300),
        sample: {
          message:
            'event-queue: message 66f2a1c04b7e9d0012345678 failed, attempt 3: The metadata store doesn’t respond',
          requestId: null,
        },
      },
      {
        id: 'e2',
        source: 'GET /api/apps/:slug',
        code: 'internal',
        message: 'GET <path> failed: no such column: <text>',
        count: 1,
        firstSeenAt: ago(600),
        lastSeenAt: ago(600),
        sample: {
          message: 'GET /api/apps/harbor-web failed: no such column: "x"',
          requestId: '2b1f9b0e-6f43-4c5a-9a53-0f1a2b3c4d5e',
        },
      },
    ],
    failures: [
      {
        code: 'build_failed',
        count: 4,
        lastAt: ago(1800),
        deploymentId: idOf(203),
        app: 'harbor-web',
        teamId: OWNER,
      },
      {
        code: 'install_failed',
        count: 1,
        lastAt: ago(9000),
        deploymentId: idOf(999),
        app: 'shop',
        teamId: '7d3f0c52-9a1e-4b7c-8f26-51c09e4a7b10',
      },
    ],
    ...over,
  };
}

/** An instance that has just been set up: nothing is wrong but what nobody has set up. */
export const quietOverview = (): Overview =>
  overview({
    health: overview().health.map(({ part }) => ({ part, level: 'ok', summary: 'Fine', advice: null })),
    unended: { queued: 0, building: 0, canceling: 0 },
    stuck: { items: [], isCut: false },
    disks: [],
    storage: { use: null },
    versions: { controlPlane: '0.1.0', node: null, docker: null, stateFormat: null, runners: [] },
    backup: { status: null, ageSeconds: null },
    errors: [],
    failures: [],
  });
