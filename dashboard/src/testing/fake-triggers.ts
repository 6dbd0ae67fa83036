import {
  type App,
  AppFluxError,
  CreateSourceKey,
  Schedules,
  SetSourceCredential,
  type SourceCredential,
} from '@appflux/protocol';
import { Cron } from 'croner';
import { type Call, type Routes, requireFound } from './fake-call.ts';

const appOf = ({ world, id }: Call): App => requireFound(world.apps.find(({ slug }) => slug === id));

const hostOf = ({ source }: App) =>
  source.provider === 'upload' ? 'none' : new URL(source.repoUrl).hostname;

const createdAt = () => new Date().toISOString();

/** The public half of every key pair that is generated. */
export const PUBLIC_KEY = `ssh-ed25519 ${'AAAAC3NzaC1lZDI1NTE5AAAAI'.padEnd(68, 'Kq4v')} appflux harbor-web`;

function keep(call: Call, credential: SourceCredential): SourceCredential {
  call.world.credential = credential;
  return credential;
}

/** Schedules, credentials of private repositories, and approvals. */
export const TRIGGER_ROUTES: Routes = {
  'GET apps/:id/schedules': ({ world }) => [200, { items: world.schedules }],
  'PUT apps/:id/schedules': ({ world, body }) => {
    const schedules = Schedules.parse(body);
    world.schedules = schedules.map((schedule) => {
      const known = world.schedules.find(
        ({ cron, branch }) => cron === schedule.cron && branch === schedule.branch,
      );
      const next = new Cron(schedule.cron, { timezone: 'UTC', paused: true }).nextRun();
      if (next === null) {
        throw new AppFluxError('unprocessable', `“${schedule.cron}” never happens`, {
          hint: 'Choose a date that exists.',
        });
      }
      const fresh = { lastAt: null, lastDeploymentId: null, missed: 0 };
      return { ...fresh, ...known, ...schedule, nextAt: next.toISOString() };
    });
    return [200, { items: world.schedules }];
  },
  'GET apps/:id/source/:name': ({ world }) => [200, world.credential],
  'PUT apps/:id/source/:name': (call) => {
    const given = SetSourceCredential.parse(call.body);
    const shared = { host: hostOf(appOf(call)), createdAt: createdAt() };
    if (given.kind === 'token') {
      return [200, keep(call, { kind: 'token', ...shared, username: given.username ?? null })];
    }
    if (shared.host !== 'github.com' && !given.knownHosts) {
      throw new AppFluxError('unprocessable', `The keys of ${shared.host} aren’t known`, {
        hint: `Paste the output of ssh-keyscan ${shared.host}.`,
        issues: [{ path: 'knownHosts', message: 'Enter the host keys' }],
      });
    }
    return [200, keep(call, { kind: 'ssh', ...shared, publicKey: PUBLIC_KEY, hostKeys: HOST_KEYS })];
  },
  // `credential` is followed by `/ssh-key`.
  'POST apps/:id/source/:name': (call) => {
    CreateSourceKey.parse(call.body);
    const shared = { host: hostOf(appOf(call)), createdAt: createdAt() };
    return [201, keep(call, { kind: 'ssh', ...shared, publicKey: PUBLIC_KEY, hostKeys: HOST_KEYS })];
  },
  'DELETE apps/:id/source/:name': ({ world }) => {
    world.credential = null;
    return [204];
  },
  'POST deployments/:id/approve': ({ world, id, change }) => {
    const held = requireFound(world.deployments.find((one) => one.id === id));
    change(id, {
      approval: { state: 'approved', by: 'owner@harbor.example' },
      waiting: null,
      waitingFor: null,
    });
    return [202, held];
  },
};

const HOST_KEYS = ['SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU'];
