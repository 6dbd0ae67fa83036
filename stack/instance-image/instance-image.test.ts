/** What can be checked of the image and of compose.yaml without an engine. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';
import { FLAGS } from '../../runner/src/config/settings.ts';
import { ROOT } from '../command.ts';
import { certificateFiles, registryFile } from '../images/inputs.ts';
import { appInputs, packageInputs } from '../images/instance.ts';
import { BACKUP_SECRETS, START_VARIABLES } from '../settings.ts';

/** What the image fixes, or what only concerns runners that `npm start` starts. */
const FIXED = ['APPFLUX_CONTAINER', 'APPFLUX_LISTEN', 'APPFLUX_RUNNERS'];
const OF_RUNNERS = [
  'APPFLUX_SLOTS',
  'APPFLUX_SCAN',
  'APPFLUX_RUNNER_SCAN',
  'APPFLUX_IMAGES',
  'APPFLUX_ALLOW_PRIVATE_SOURCES',
];

/** Settings of a runner that its service decides, or that APPFLUX_SCAN and the registration do. */
const BY_SERVICE = ['URL', 'PUBLIC_URL', 'TOKEN', 'NAME', 'LABELS', 'SLOTS', 'REPLACE', 'EXECUTOR', 'SCAN']
  .concat('EPHEMERAL', 'IMAGE_COMMAND')
  // A container is updated by its image.
  .concat('SELF_UPDATE', 'SELF_UPDATE_WITHIN')
  .map((name) => `APPFLUX_RUNNER_${name}`);

/** The variables that a service of compose.yaml passes on. */
async function passedOn(service: string): Promise<string[]> {
  const text = await readFile(join(ROOT, 'compose.yaml'), 'utf8');
  const [, body = ''] = new RegExp(`^  ${service}:\\n((?:    .*\\n|\\n)*)`, 'm').exec(text) ?? [];
  const [, list = ''] = /^ {4}environment:\n((?: {6}- \w+\n)*)/m.exec(body) ?? [];
  return [...list.matchAll(/- (\w+)/g)].map(([, name = '']) => name);
}

describe('compose.yaml', () => {
  test('passes every setting of an instance to the control plane', async () => {
    const all = [...START_VARIABLES, ...BACKUP_SECRETS, 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
    const expected = all.filter((name) => ![...FIXED, ...OF_RUNNERS].includes(name));
    expect((await passedOn('appflux')).sort()).toEqual(expected.sort());
  });

  test('passes the settings of runners to the runner, and no secret of the control plane', async () => {
    const names = await passedOn('runner');
    const own = Object.values(FLAGS)
      .map(({ env }) => env)
      .filter((name) => !BY_SERVICE.includes(name));
    expect(names).toEqual(expect.arrayContaining(own));
    for (const name of names) expect(name).not.toMatch(/TOKEN|SECRET|PASSPHRASE|MONGODB|S3_|MAIL_|GITHUB_/);
  });
});

describe('the Dockerfile', () => {
  test.each(['base/Dockerfile', 'Dockerfile'])(
    '%s is well formed, and copies what its context has',
    async (name) => {
      const text = await readFile(join(import.meta.dirname, name), 'utf8');
      expect(validate(text)).toEqual([]);
      const host = {
        architecture: 'amd64',
        certificates: [],
        npmRegistry: 'https://mirror.example.com/',
      } as const;
      const packages = await packageInputs(ROOT, host);
      const instance = await appInputs(ROOT, host, packages);
      const { files } = name === 'Dockerfile' ? instance : packages;
      const paths = files.map(({ path }) => path);
      expect(paths).toContain('Dockerfile');
      const copies = DockerfileParser.parse(text)
        .getInstructions()
        .filter((instruction) => instruction.getKeyword() === 'COPY')
        .map((instruction) => instruction.getArguments()[0]?.getValue() ?? '');
      for (const source of copies.filter(
        (path) => !/^prepared\/(?:certificates|tools|packages)\//.test(path),
      )) {
        expect(
          paths.some((path) => path === source || path.startsWith(source)),
          source,
        ).toBe(true);
      }
    },
  );

  test('has neither tests nor anything of this machine but its certificates and its registry', async () => {
    const certificates = ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'];
    const host = {
      architecture: 'amd64',
      certificates,
      npmRegistry: 'https://a:b@mirror.example.com/',
    } as const;
    const packages = await packageInputs(ROOT, host);
    const instance = await appInputs(ROOT, host, packages);
    const paths = [...packages.files, ...instance.files].map(({ path }) => path);
    for (const path of paths)
      expect(path).not.toMatch(/\.test\.|node_modules|\/testing\/|\.env$|\.dev\.vars|\.appflux/);
    const prepared = packages.files.filter(({ path }) => path.startsWith('prepared/'));
    expect(prepared).toEqual([...certificateFiles(certificates), registryFile(host)]);
    expect(registryFile(host).content.toString()).toBe('https://mirror.example.com/\n');
  });
});
