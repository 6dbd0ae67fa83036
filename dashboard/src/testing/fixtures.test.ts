import { ApiToken, App, Artifact, Deployment, Plan, Runner } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { apiToken, app, artifact, deployment, plan, runner } from './fixtures.ts';

test.each([
  ['app', App, app()],
  ['deployment', Deployment, deployment({ plan: plan(), artifacts: [artifact()] })],
  ['artifact', Artifact, artifact()],
  ['plan', Plan, plan()],
  ['runner', Runner, runner()],
  ['token', ApiToken, apiToken()],
])('the %s fixture matches the protocol', (_name, schema, value) => {
  expect(schema.safeParse(value).error).toBe(undefined);
});
