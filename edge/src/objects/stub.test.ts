import { expect, test } from 'vitest';

declare global {
  interface ImportMeta {
    /** Of Vite: the files that match, by path. */
    glob(pattern: string, options: object): Record<string, string>;
  }
}

/** The sources of the control plane, by path. */
const sources = import.meta.glob('../**/*.ts', { query: '?raw', import: 'default', eager: true });

test('objects are called through objectStub, and nowhere past it', () => {
  const connecting = Object.entries(sources).filter(
    ([path, source]) => !/\.test\.ts$|\/testing/.test(path) && source.includes('.getByName('),
  );
  expect(connecting.length).toBeGreaterThan(0);
  for (const [path, source] of connecting) {
    const bare = source.replace(/objectStub\(\(\) => env\.[A-Z_]+\.getByName\([^)]*\)/g, '');
    expect(bare, path).not.toContain('.getByName(');
  }
});
