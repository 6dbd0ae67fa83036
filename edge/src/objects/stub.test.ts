import { expect, test } from 'vitest';
import { sources } from '../testing/sources.ts';

test('objects are called through objectStub, and nowhere past it', () => {
  const connecting = [...sources].filter(([, source]) => source.includes('.getByName('));
  expect(connecting.length).toBeGreaterThan(0);
  for (const [path, source] of connecting) {
    const bare = source.replace(/objectStub(?:<\w+>)?\(\(\) => env\.[A-Z_]+\.getByName\([^)]*\)/g, '');
    expect(bare, path).not.toContain('.getByName(');
  }
});

test('every alarm handler does its work by Alarm.run, which does not throw', () => {
  const handlers = [...sources].flatMap(([path, source]) =>
    [...source.matchAll(/^ {2}(?:override )?(?:async )?alarm\(.*?\n {2}\}/gms)].map(
      ([handler]) => [path, handler] as const,
    ),
  );
  expect(handlers.length).toBeGreaterThanOrEqual(3);
  for (const [path, handler] of handlers) expect(handler, path).toContain('await this.#alarm.run(');
});
