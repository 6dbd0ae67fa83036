import { FileInput, MAX_FILE_BYTES } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { FileForm, suggestedName } from './file-form.svelte.ts';

test.each([
  ['release.jks', 'KEYSTORE'],
  ['upload-key.KEYSTORE', 'KEYSTORE'],
  ['google-services.json', 'GOOGLE_SERVICES_JSON'],
  ['Zertifikat (2).p12', 'ZERTIFIKAT_2_P12'],
  ['2026.pem', 'FILE_2026_PEM'],
])('%s suggests the name %s', (file, name) => {
  expect(suggestedName(file)).toBe(name);
});

test('a file is encoded in base64, for the chosen environments', async () => {
  const form = new FileForm();
  const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => at % 256);
  form.choose(new File([bytes], 'release.jks'));
  form.scope = 'production';
  expect([form.name, form.valid, form.blank]).toEqual(['KEYSTORE', true, false]);
  const input = FileInput.parse(await form.input());
  expect(Buffer.from(input.content, 'base64').equals(bytes)).toBe(true);
  expect(input.environments).toEqual(['production']);
});

test('an invalid file is reported', () => {
  const form = new FileForm();
  expect([form.blank, form.fileProblem, form.nameProblem]).toEqual([true, null, null]);
  form.choose(new File([], 'empty.p12'));
  expect(form.fileProblem).toBe('This file is empty. Choose another one.');
  form.choose(new File([new Uint8Array(MAX_FILE_BYTES + 1)], 'large.p12'));
  expect(form.fileProblem).toMatch(/is larger than/);
  form.name = 'no name';
  expect(form.nameProblem).toMatch(/letters, digits and underscores/);
  expect(form.valid).toBe(false);
});

test('a typed name stays when another file is chosen', () => {
  const form = new FileForm();
  form.name = 'CSC_LINK';
  form.choose(new File(['x'], 'mac.p12'));
  expect(form.name).toBe('CSC_LINK');
  form.clear();
  expect([form.name, form.file]).toEqual(['', null]);
});
