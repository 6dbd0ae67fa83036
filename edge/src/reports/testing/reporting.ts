/** A repository at a GitHub of a test's own, and the object that reports to it. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import type { Shown } from '../../../../stack/stand-ins/github-app/start.ts';
import { connected, type TestGithub } from '../../git-hosts/testing/github.ts';
import type { ReportFacts } from '../host-client.ts';
import { reportName } from '../object.ts';
import { reportsOf } from '../report.ts';

export const TEAM = '0e2f8a64-9f5c-4a8b-8f0d-1f2e3d4c5b6a';

export interface Reporting {
  report(...facts: ReportFacts[]): Promise<void>;
  /** Waits until GitHub stands as `check` expects. */
  until(check: (shown: Shown) => void): Promise<Shown>;
  /** Lets time pass for both, and does what is due then. */
  pass(ms: number): Promise<void>;
  resume(): Promise<void>;
  /** How often a call whose `METHOD path` holds this was made. */
  calls(on: string): Promise<number>;
  /** What waits to be sent. */
  waiting(): Promise<{ key: string; failure: string | null }[]>;
  /** Waits until nothing waits. */
  idle(): Promise<void>;
  installation: number;
  repository: number;
}

/** Connects TEAM with the repository `octo-org/site`. Time stands still, but for `pass`. */
export async function reporting(github: TestGithub): Promise<Reporting> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  await github.registered();
  const { installations, repositories } = await github.control({
    repositories: [{ owner: 'octo-org', name: 'site' }],
    installations: [{ account: 'octo-org', type: 'Organization' }],
  });
  const [installation] = installations;
  if (installation === undefined) throw new Error('no installation');
  await connected(github, TEAM, installation);
  const key = github.repoKey('octo-org/site');
  const object = env.REPORTS.getByName(reportName(TEAM, key));
  await runInDurableObject(object, (instance) => {
    const variables = { ...env, GITHUB_URL: env.GITHUB_URL, GITHUB_API_URL: env.GITHUB_API_URL };
    Object.defineProperty(instance, 'env', { value: variables, configurable: true });
  });
  let passed = 0;
  const waiting = () =>
    runInDurableObject(object, (_, { storage }) =>
      storage.sql
        .exec<{ key: string; failure: string | null }>(
          'SELECT key, failure FROM targets WHERE wanted > sent ORDER BY n',
        )
        .toArray(),
    );
  return {
    installation: installation.id,
    repository: repositories[0]?.id ?? 0,
    async report(...all) {
      for (const facts of all) await reportsOf(env, TEAM, key).report(facts);
      // Alarms ring by the real clock, which is behind once time has passed.
      await runDurableObjectAlarm(object);
    },
    until: (check) =>
      vi.waitFor(
        async () => {
          const shown = await github.control();
          check(shown);
          return shown;
        },
        { timeout: 15_000, interval: 30 },
      ),
    async pass(ms) {
      passed += ms;
      vi.setSystemTime(Date.now() + ms);
      await github.control({ drift: passed });
      await runDurableObjectAlarm(object);
    },
    async resume() {
      await reportsOf(env, TEAM, key).resume();
      await runDurableObjectAlarm(object);
    },
    async calls(on) {
      return (await github.control()).calls.filter(({ call }) => call.includes(on)).length;
    },
    waiting,
    idle: () =>
      vi.waitFor(async () => expect(await waiting()).toEqual([]), { timeout: 15_000, interval: 30 }),
  };
}

/** Expects that a value is there, and gives it. */
export function only<Item>(items: readonly Item[]): Item {
  expect(items).toHaveLength(1);
  return items[0] as Item;
}
