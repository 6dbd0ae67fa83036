import { describe, expect, test } from 'vitest';
import { CONTROL_PLANE_SERVICE, PROVIDED, S3_SERVICE } from './input.ts';
import { needed } from './needed.ts';
import { reachable } from './reachable.ts';
import { Assembled } from './schema.ts';

const worker = (name: string, ...services: string[]) => ({
  name,
  worker: {
    modules: [{ name: 'index.js', esModule: `script of ${name}` }],
    compatibilityDate: '2026-01-01',
    bindings: services.map((service) => ({ name: `TO_${service}`, service: { name: service } })),
  },
});
const names = (services: readonly unknown[]) => services.map((service) => (service as { name: string }).name);

describe('what is reachable', () => {
  test('is what a root refers to, over others and in circles, in its order', () => {
    const services = [
      worker('d', 'a'),
      worker('developers', 'a', 'b'),
      worker('a', 'b'),
      worker('b', 'c', 'a'),
      worker('c'),
    ];
    expect(names(reachable(services, ['a'], []))).toEqual(['a', 'b', 'c']);
    expect(names(reachable(services, ['d'], ['b']))).toEqual(['d', 'a']);
  });

  test.each([
    ['an object', { durableObjectNamespace: { className: 'A', serviceName: 'other' } }],
    ['a queue', { queue: { name: 'other' } }],
    ['a bucket', { r2Bucket: { name: 'other', props: { json: '{}' } } }],
    ['a database', { wrapped: { innerBindings: [{ name: 'fetcher', service: { name: 'other' } }] } }],
  ])('is what the binding of %s leads to', (_, binding) => {
    const services = [{ name: 'root', worker: { bindings: [{ name: 'A', ...binding }] } }, worker('other')];
    expect(names(reachable(services, ['root'], []))).toEqual(['root', 'other']);
  });

  test('is not what a variable or a script has the name of', () => {
    const bindings = [
      { name: 'A', text: 'other' },
      { name: 'B', json: '{"name":"other"}' },
    ];
    const modules = [{ name: 'main.js', esModule: 'other' }];
    const services = [{ name: 'root', worker: { bindings, modules } }, worker('other')];
    expect(names(reachable(services, ['root'], []))).toEqual(['root']);
  });

  test('is an error where a root is missing', () => {
    expect(() => reachable([worker('a')], ['b'], [])).toThrow('no service called b');
  });
});

describe('the needed part', () => {
  const whole = (change: (one: ReturnType<typeof worker>) => unknown = (one) => one) =>
    JSON.stringify({
      services: [
        change(worker(CONTROL_PLANE_SERVICE, 'd1:db', ...PROVIDED)),
        worker(S3_SERVICE),
        { name: 'd1:db', disk: { path: '/data/d1', writable: true } },
        { name: 'elsewhere', disk: { path: '/data-of-others', writable: true } },
        worker('core:entry', CONTROL_PLANE_SERVICE),
        ...PROVIDED.map((name) => worker(name)),
      ],
      extensions: [{ modules: [{ name: 'miniflare:shared', esModule: 'shared' }] }],
      sockets: [{ name: 'entry', service: { name: 'core:entry' } }],
    });

  test('has no service of Miniflare’s that is for developers, and paths within the folder for data', () => {
    const { assembled, modules } = needed(whole(), '/data');
    const { services, extensions } = Assembled.parse(assembled);
    expect(names(services)).toEqual([CONTROL_PLANE_SERVICE, S3_SERVICE, 'd1:db']);
    expect(services[2]).toEqual({ name: 'd1:db', disk: { path: 'd1', writable: true } });
    expect(extensions[0]?.modules[0]).toEqual({
      name: 'miniflare:shared',
      esModule: expect.objectContaining({ file: expect.any(String) }),
    });
    expect([...modules.values()].sort()).toEqual([
      `script of ${CONTROL_PLANE_SERVICE}`,
      `script of ${S3_SERVICE}`,
      'shared',
    ]);
  });

  test.each([
    ['a field', { script: 'old' }],
    ['a binding', { bindings: [{ name: 'A', unsafeEval: {} }] }],
    ['a module', { modules: [{ name: 'a', commonJsModule: 'x' }] }],
    ['a tail', { tails: [{ name: S3_SERVICE }] }],
  ])('is refused with %s that is not known', (_, change) => {
    const json = whole((one) => ({ ...one, worker: { ...one.worker, ...change } }));
    expect(() => Assembled.parse(needed(json, '/data').assembled)).toThrow();
  });
});
