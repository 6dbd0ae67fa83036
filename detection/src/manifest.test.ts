import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DetectionFailure } from './failure.ts';
import { parseManifest } from './manifest.ts';

function failureOf(text: string): DetectionFailure {
  try {
    parseManifest(text);
  } catch (error) {
    if (error instanceof DetectionFailure) return error;
    throw error;
  }
  throw new Error('The manifest was taken, and a failure was expected.');
}

describe('appflux.json', () => {
  it('gives what it sets', () => {
    const text = JSON.stringify({
      type: 'pwa',
      outputs: ['dist'],
      ignoreCommand: 'git diff --quiet HEAD^ HEAD',
    });
    expect(parseManifest(text)).toEqual({
      type: 'pwa',
      outputs: ['dist'],
      ignoreCommand: 'git diff --quiet HEAD^ HEAD',
    });
  });

  it.each([
    ['buildComand', 'buildCommand'],
    ['build_command', 'buildCommand'],
    ['BUILDCOMMAND', 'buildCommand'],
    ['output', 'outputs'],
    ['rootDir', 'rootDirectory'],
    ['nodeVersion', 'node'],
    ['instalCommand', 'installCommand'],
  ])('with the unknown key %s is answered with %s', (key, meant) => {
    const failure = failureOf(JSON.stringify({ [key]: 'x' }));
    expect(failure.code).toBe('settings_invalid');
    expect(failure.message).toBe(`appflux.json has an unknown key "${key}". Did you mean "${meant}"?`);
  });

  it('says how the site is published', () => {
    const site = {
      dotfiles: true,
      sourceMaps: true,
      spaFallback: false,
      cleanUrls: false,
      trailingSlash: 'never',
    };
    expect(parseManifest(JSON.stringify({ site }))).toEqual({ site });
    expect(parseManifest('{"site": {}}')).toEqual({ site: {} });
  });

  it.each([
    [
      '{"site": {"spa": true}}',
      '"site" in appflux.json has an unknown key "spa". Did you mean "spaFallback"?',
    ],
    [
      '{"site": {"dotFile": 1}}',
      '"site" in appflux.json has an unknown key "dotFile". Did you mean "dotfiles"?',
    ],
    ['{"site": {"__proto__": {}}}', '"site" in appflux.json has an unknown key "__proto__".'],
    ['{"site": {"trailingSlash": true}}', 'appflux.json, "site.trailingSlash": '],
    ['{"site": {"cleanUrls": "yes"}}', 'appflux.json, "site.cleanUrls": '],
    ['{"site": true}', 'appflux.json, "site": '],
  ])('with %s is refused', (text, message) => {
    expect(failureOf(text).message).toContain(message);
  });

  it('says what state the server of a site has', () => {
    const bindings = { CACHE: 'kv', DB_2: 'sqlite' };
    expect(parseManifest(JSON.stringify({ bindings }))).toEqual({ bindings });
    expect(parseManifest('{"bindings": {}}')).toEqual({ bindings: {} });
  });

  it.each([
    [
      '{"cache": "kv"}',
      'has the name "cache". The name of a binding consists of capital letters',
      'Did you mean "CACHE"?',
    ],
    ['{"my-db": "sqlite"}', 'has the name "my-db"', 'Did you mean "MY_DB"?'],
    ['{"ASSETS": "kv"}', 'has the name "ASSETS". This name is reserved for AppFlux.', 'Correct appflux.json'],
    ['{"APPFLUX_URL": "kv"}', 'This name is reserved for AppFlux.', 'Correct appflux.json'],
    ['{"__proto__": "kv"}', 'has the name "__proto__"', 'Correct appflux.json'],
    ['{"": "kv"}', 'has the name ""', 'Correct appflux.json'],
    ['{"CACHE": "redis"}', 'has no kind "redis" for "CACHE".', 'Use "kv" for key-value pairs, or "sqlite"'],
    ['{"CACHE": "KV"}', 'has no kind "KV" for "CACHE".', 'Use "kv"'],
    ['{"CACHE": null}', 'has no kind "null" for "CACHE".', 'Use "kv"'],
    [
      '["kv"]',
      'must be an object with a kind for each name.',
      '"bindings": { "CACHE": "kv", "DB": "sqlite" }',
    ],
    ['"kv"', 'must be an object', 'For example'],
  ])('with the bindings %s is refused', (bindings, message, hint) => {
    const failure = failureOf(`{"bindings": ${bindings}}`);
    expect(failure.message).toContain(`appflux.json, "bindings"`);
    expect(failure.message).toContain(message);
    expect(failure.hint).toContain(hint);
  });

  it.each(['*/15 * * * *', '0 4 * * MON-FRI', '0 0 L * *', '@daily', '0 0 29 2 *'])('runs at %s', (cron) => {
    expect(parseManifest(JSON.stringify({ crons: [cron] }))).toEqual({ crons: [cron] });
  });

  it.each([
    ['["0 4 * * *", "* * * *"]', 'appflux.json, "crons": "* * * *" is not a cron expression.'],
    ['["61 * * * *"]', 'appflux.json, "crons": "61 * * * *" is not a cron expression.'],
    ['["0 0 0 1 * *"]', 'appflux.json, "crons": "0 0 0 1 * *" is not a cron expression.'],
    ['["2026-12-01T00:00:00"]', 'appflux.json, "crons": "2026-12-01T00:00:00" is not a cron expression.'],
    ['["0 0 30 2 *"]', 'appflux.json, "crons": "0 0 30 2 *" never runs: there is no such day.'],
  ])('with the crons %s is refused', (crons, message) => {
    const failure = failureOf(`{"crons": ${crons}}`);
    expect(failure.message).toBe(message);
    expect(failure.hint).toContain('five fields in UTC');
  });

  it('has no more bindings than a server can have', () => {
    const bindings = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`B${n}`, 'kv']));
    expect(failureOf(JSON.stringify({ bindings })).message).toContain('A server has 20 bindings at most');
  });

  it('with an unknown key lists what there is', () => {
    const failure = failureOf(JSON.stringify({ ['z'.repeat(100_000)]: 1 }));
    expect(failure.message).toContain('has an unknown key "zzz');
    expect(failure.message.length).toBeLessThan(400);
    expect(failure.hint).toContain('buildCommand, outputs');
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'does not know the key %s either',
    (key) => {
      expect(failureOf(`{"${key}": {"polluted": true}}`).message).toContain(`unknown key "${key}"`);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    },
  );

  it.each([
    ['{\n  "type": "web",\n}', 'line 3, column 1: expected a property name in double quotes'],
    ['{"type": "web" "outputs": []}', 'line 1, column 16: expected a comma'],
    ['{\n  // no\n}', 'line 2, column 3: comments are not allowed in JSON'],
    ["{'type': 1}", 'line 1, column 2: invalid JSON value'],
    ['{"type": "we', 'line 1, column 10: unterminated string'],
    ['', 'line 1, column 1: expected a value'],
    ['{} x', 'line 1, column 4: invalid JSON value'],
  ])('that is not JSON says where: %j', (text, where) => {
    const failure = failureOf(text);
    expect(failure.code).toBe('settings_invalid');
    expect(failure.message).toBe(`appflux.json is not valid JSON: ${where}.`);
  });

  it('has size budgets, which measure without compression and warn unless it says otherwise', () => {
    const text = JSON.stringify({ budgets: [{ what: 'js', limit: 200_000 }] });
    expect(parseManifest(text).budgets).toEqual([
      { what: 'js', limit: 200_000, compression: 'none', on: 'warn' },
    ]);
    const wrong = JSON.stringify({ budgets: [{ what: 'js', limit: '200 kB' }] });
    expect(() => parseManifest(wrong)).toThrow('appflux.json, "budgets.0.limit"');
    const without = JSON.stringify({ budgets: [{ what: 'files', limit: 9 }] });
    expect(() => parseManifest(without)).toThrow(
      'A budget for files needs a pattern such as assets/**/*.woff2',
    );
  });

  it('says which value does not fit', () => {
    expect(failureOf('{"outputs": ["dist", 5]}').message).toContain('appflux.json, "outputs.1"');
    expect(failureOf('{"type": "ios"}').message).toContain('appflux.json, "type"');
    expect(failureOf('{"rootDirectory": "../x"}').message).toContain('must be inside the source');
    expect(failureOf('[]').message).toContain('a JSON object');
    expect(failureOf('null').message).toContain('a JSON object');
  });

  it('is refused when it is nested beyond all bounds, whole or broken', () => {
    const deep = '['.repeat(30_000);
    expect(failureOf(`{"outputs": ${deep}${']'.repeat(30_000)}}`).code).toBe('settings_invalid');
    expect(failureOf(`{"outputs": ${deep}`).code).toBe('settings_invalid');
  });

  it('whatever it holds, is taken or refused as a setting', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          try {
            parseManifest(text);
          } catch (error) {
            expect(error).toMatchObject({ name: 'DetectionFailure', code: 'settings_invalid' });
            expect((error as Error).message).not.toMatch(/\p{Cc}/u);
          }
        },
      ),
    );
  });
});
