import { expect, test } from 'vitest';
import { SAMPLE, sampleWorld } from '../../testing/sample-world.ts';
import { commandsFor, type Surroundings } from './commands.ts';
import { keysOf } from './key-names.ts';

const world = sampleWorld();
const surroundings: Surroundings = {
  sections: [{ label: 'Runners', path: '/runners' }],
  keysOf,
  apps: world.apps,
  deployment: null,
  mayCreate: true,
  mayDeploy: true,
};
const labels = (more: Partial<Surroundings>) =>
  commandsFor({ ...surroundings, ...more }).map(({ label }) => label);

test('ids are unique, whatever the apps are called', () => {
  const ids = commandsFor(surroundings).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a viewer is offered nothing that changes something', () => {
  const offered = labels({ mayCreate: false, mayDeploy: false, deployment: world.deployments[0] ?? null });
  expect(offered.filter((label) => /^(?:Deploy|Promote|New)/.test(label))).toEqual([]);
  expect(offered).toContain('Go to Runners');
});

test('only an app with a release has a URL to open', () => {
  const [app] = world.apps;
  if (app === undefined) throw new Error('The world has no app');
  const opening = (release: string | null) =>
    labels({ apps: [{ ...app, release }] }).filter((label) => /^(?:Open|Copy)/.test(label)).length;
  expect([opening(null), opening(SAMPLE.success)]).toEqual([0, 2]);
});

test('what is live, or has not succeeded, is not offered for promotion', () => {
  const deployment = world.deployments.find(({ status }) => status === 'success');
  const app = world.apps.find(({ slug }) => slug === deployment?.app.slug);
  if (deployment === undefined || app === undefined) throw new Error('The world has no success');
  const isOffered = (release: string | null, status = deployment.status) =>
    labels({ apps: [{ ...app, release }], deployment: { ...deployment, status } }).some((label) =>
      label.startsWith('Promote'),
    );
  expect(isOffered(null)).toBe(true);
  expect(isOffered(deployment.id)).toBe(false);
  for (const status of ['queued', 'building', 'failed', 'canceled'] as const) {
    expect(isOffered(null, status)).toBe(false);
  }
});
