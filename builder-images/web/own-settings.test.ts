/** What is used of the wrangler configuration of a project that its framework builds. */
import { describe, expect, test } from 'vitest';

/** The packagers are plain JavaScript that the image runs; they have no types for this project's compiler. */
const packager = (name: string) => import(new URL(`./server/${name}`, import.meta.url).href);
const { withoutInternal } = await packager('own-settings.mjs');
const { settingsOf } = await packager('wrangler-output.mjs');

const read = (config: Record<string, unknown>) => settingsOf(withoutInternal(config));

describe('the configuration of a project', () => {
  test('gives its bindings and variables, without those of OpenNext', () => {
    const settings = read({
      vars: { THEME: 'dark' },
      services: [{ binding: 'WORKER_SELF_REFERENCE', service: 'site' }],
      r2_buckets: [{ binding: 'NEXT_INC_CACHE_R2_BUCKET', bucket_name: 'cache' }],
      durable_objects: { bindings: [{ name: 'NEXT_CACHE_DO_QUEUE', class_name: 'DOQueueHandler' }] },
      d1_databases: [{ binding: 'NEXT_TAG_CACHE_D1' }, { binding: 'DB' }],
      kv_namespaces: [{ binding: 'NEXT_INC_CACHE_KV' }, { binding: 'NOTES' }],
    });
    expect(settings).toMatchObject({ vars: { THEME: 'dark' }, bindings: { DB: 'sqlite', NOTES: 'kv' } });
    expect(Object.keys(settings.bindings)).toEqual(['NOTES', 'DB']);
  });

  test.each([
    ['R2 (FILES)', { r2_buckets: [{ binding: 'FILES' }] }],
    ['service bindings (API)', { services: [{ binding: 'API', service: 'other' }] }],
    ['Durable Objects (ROOM)', { durable_objects: { bindings: [{ name: 'ROOM', class_name: 'Room' }] } }],
  ])('is refused for %s', (name, config) => {
    expect(() => read(config)).toThrow(`binding to ${name}`);
  });
});
