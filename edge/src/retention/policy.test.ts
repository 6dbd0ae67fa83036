import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { policyOf, retentionDefaults } from './policy.ts';

const defaults = { artifacts: { keepLast: 10, days: 30 }, logs: { keepLast: 50, days: 90 } };

test('the defaults are the variables of wrangler.toml', () => {
  expect(retentionDefaults(env)).toEqual(defaults);
});

test.each([
  ['ARTIFACTS_KEEP_LAST', ''],
  ['ARTIFACTS_DAYS', '-1'],
  ['LOGS_KEEP_LAST', '1e3'],
  ['LOGS_DAYS', '4000'],
  ['LOGS_DAYS', 'for ever'],
])('%s set to "%s" is refused by name, and nothing is guessed', (name, value) => {
  expect(() => retentionDefaults({ ...env, [name]: value })).toThrow(name);
});

test('what an app says goes before the defaults, for each of the two by itself', () => {
  const own = { keepLast: 1, days: 2 };
  expect(policyOf({ artifacts: own, logs: null }, defaults)).toEqual({ artifacts: own, log: defaults.logs });
  expect(policyOf({ artifacts: null, logs: own }, defaults)).toEqual({
    artifacts: defaults.artifacts,
    log: own,
  });
});
