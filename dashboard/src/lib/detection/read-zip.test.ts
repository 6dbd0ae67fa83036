// @vitest-environment node
import { BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js';
import { describe, expect, test } from 'vitest';
import { candidatesOfZip } from './read-zip.ts';

async function zip(files: Readonly<Record<string, string>>): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false });
  for (const [name, text] of Object.entries(files)) await writer.add(name, new TextReader(text));
  return writer.close();
}

const VITE = '{"scripts":{"build":"vite build"},"devDependencies":{"vite":"8.0.0"}}';
const found = async (files: Readonly<Record<string, string>>, root = './') =>
  (await candidatesOfZip(await zip(files), root)).ways.map(({ plan }) => [
    plan.type,
    plan.framework,
    plan.packageManager,
  ]);

describe('a ZIP in the browser', () => {
  test('is read as a build unpacks it: without a single top-level folder', async () => {
    expect(await found({ 'shop-main/package.json': VITE, 'shop-main/pnpm-lock.yaml': '' })).toEqual([
      ['web', 'vite', 'pnpm'],
    ]);
  });

  test('is detected from the root directory', async () => {
    const files = { 'web/package.json': VITE, 'api/go.mod': 'module x' };
    expect(await found(files, './web/')).toEqual([['web', 'vite', 'npm']]);
    expect(await found({ 'api/go.mod': 'module x' })).toEqual([]);
    expect(await found({ 'web/package.json': VITE }, 'web')).toEqual([['web', 'vite', 'npm']]);
  });

  test('is detected without dependencies and macOS metadata', async () => {
    const files = { 'index.html': '', 'node_modules/x/package.json': VITE, '__MACOSX/._index.html': '' };
    expect(await found(files)).toEqual([['web', null, null]]);
    const fromMac = { '._shop': '', 'shop/._package.json': '', 'shop/package.json': VITE };
    expect(await found(fromMac)).toEqual([['web', 'vite', 'npm']]);
  });

  test('is rejected if a path leaves it', async () => {
    await expect(found({ 'index.html': '', '../package.json': VITE })).rejects.toThrow('Unsafe');
  });

  test('of a server has a way to be built where the instance runs servers', async () => {
    const file = await zip({ 'package.json': VITE.replaceAll('vite', 'next').replace('8.0.0', '16.0.0') });
    expect((await candidatesOfZip(file, './', true)).ways[0]?.plan.server?.kind).toBe('next');
    expect((await candidatesOfZip(file, './')).ways).toEqual([]);
  });

  test('that is not a ZIP is rejected', async () => {
    await expect(candidatesOfZip(new Blob(['no archive']), './')).rejects.toThrow();
  });
});
