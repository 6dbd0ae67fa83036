/** A team of a given size, as records of a backend. Each record is derived from its number, so all runs are alike. */
import type { Copied } from '../../edge/src/metadata/copy/copy.ts';
import { dayOf } from '../../edge/src/metadata/day.ts';
import type { AppRecord, DeploymentRecord } from '../../edge/src/metadata/metadata.ts';
import { UNMARKED } from '../../edge/src/metadata/metadata.ts';
import { newObjectId } from '../../edge/src/metadata/object-id.ts';
import { anyHash, appRecord, deploymentRecord } from '../../edge/src/metadata/testing/sample-records.ts';
import { SAMPLE_PLAN } from '../plan.ts';

export interface Size {
  readonly apps: number;
  readonly deployments: number;
}

/** Deployments cover this many days. */
const DAYS = 100;
const DAY_MS = 86_400_000;

/** Downloads cover this many days, for one app in so many. */
const DOWNLOAD_DAYS = 30;
const DOWNLOADED = 10;

/** One deployment in so many belongs to the first app, which makes it a busy one. */
const BUSY = 19;

export interface Team {
  apps: AppRecord[];
  /** The app with the most deployments. */
  busy: AppRecord;
  deployments(): Generator<DeploymentRecord>;
  downloads(): Generator<Copied>;
}

export function teamOf(ownerId: string, size: Size, now: number): Team {
  const apps = Array.from({ length: size.apps }, (_, number) => {
    const id = newObjectId(now - DAYS * DAY_MS + number);
    const name = `${WORDS[number % WORDS.length]} ${number}`;
    return appRecord({ id, ownerId, name, slug: `${name.toLowerCase().replace(' ', '-')}` });
  });
  const [busy] = apps;
  if (busy === undefined) throw new RangeError('A team has at least one app');
  return {
    apps,
    busy,
    *deployments() {
      for (let number = 0; number < size.deployments; number += 1) {
        const app = number % BUSY === 0 ? busy : (apps[number % apps.length] ?? busy);
        const createdAt = now - DAYS * DAY_MS * (1 - number / size.deployments);
        yield deploymentOf(app, number, createdAt);
      }
    },
    *downloads() {
      for (const app of apps.filter((_, number) => number % DOWNLOADED === 0)) {
        for (let ago = 0; ago < DOWNLOAD_DAYS; ago += 1) {
          const day = dayOf(now - ago * DAY_MS);
          yield {
            id: `${day}:${app.id}`,
            ownerId,
            day,
            appId: app.id,
            count: 1 + (ago % 7),
            recent: [newObjectId()],
          };
        }
      }
    },
  };
}

const WORDS = ['Harbor', 'Tides', 'Lantern', 'Meadow', 'Quarry', 'Signal', 'Willow', 'Compass'];

/** A deployment of realistic size: one in ten failed, one in twenty was canceled, the others succeeded. */
function deploymentOf(app: AppRecord, number: number, createdAt: number): DeploymentRecord {
  const at = (seconds: number) => new Date(createdAt + seconds * 1000).toISOString();
  const status = number % 10 === 3 ? 'failed' : number % 20 === 7 ? 'canceled' : 'success';
  const waited = (number % 70) / 10;
  const duration = 20 + (number % 2_800) / 10;
  return deploymentRecord(app, {
    id: newObjectId(createdAt),
    status,
    phases: ['preparing', 'scanning', 'detecting', 'building', 'uploading'].map((phase, step) => ({
      phase: phase as 'building',
      startedAt: at(waited + step),
      finishedAt: at(waited + step + 1),
    })),
    trigger: 'push',
    commitHash: anyHash().slice(0, 40),
    commitMessage: 'Keep the scroll position when returning to the list',
    version: `1.${number % 100}.0`,
    attempt: 1,
    runner: { id: app.id, name: 'runner-1' },
    plan: SAMPLE_PLAN,
    failure:
      status === 'failed'
        ? {
            code: 'build_failed',
            message: 'npm run build ended with 1',
            phase: 'building',
            hint: 'See the log',
          }
        : null,
    artifacts:
      status === 'success'
        ? [
            {
              name: 'site.zip',
              size: 1_000_000 + number,
              sha256: anyHash(),
              contentType: 'application/zip',
              meta: { files: 120 },
              key: `apps/${app.id}/${number}/1/site.zip`,
            },
          ]
        : [],
    createdAt: at(0),
    startedAt: at(waited),
    finishedAt: at(waited + duration),
    durationSeconds: duration,
  });
}

/** An app as it is copied. */
export const copiedApp = (app: AppRecord): Copied => ({ ...app, builds: 10 });

/** A deployment as it is copied. */
export const copiedDeployment = (record: DeploymentRecord): Copied => ({
  ...record,
  ...UNMARKED,
  seq: 3,
  counted: true,
});
