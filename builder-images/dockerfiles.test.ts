/**
 * What can be checked of every Dockerfile without an engine, including those whose vendors' downloads no machine of
 * the tests reaches.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dockerfile, DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { beforeAll, describe, expect, test } from 'vitest';
import { firstExisting } from '../stack/debian.ts';
import { readCatalog } from '../stack/images/catalog.ts';
import { imageInputs } from '../stack/images/inputs.ts';

const catalog = await readCatalog(import.meta.dirname);
const VARIANTS = [...catalog.values()].flatMap((image) =>
  image.variants.map((variant) => ({ kind: image.kind, dockerfile: variant.dockerfile, image, variant })),
);

/** `npm test` installs it for the checks; it may be missing when only this file is run. */
const SHELLCHECK = firstExisting('/usr/bin/shellcheck', '/usr/local/bin/shellcheck');

describe.each(VARIANTS)('$kind/$dockerfile', ({ kind, image, variant }) => {
  let text: string;
  let dockerfile: Dockerfile;

  beforeAll(async () => {
    text = await readFile(join(image.parent, kind, variant.dockerfile), 'utf8');
    dockerfile = DockerfileParser.parse(text);
  });

  const isElsewhere = (path: string) =>
    path.startsWith('/') || /^prepared\/(?:certificates|tools|server)\//.test(path);
  const argumentsOf = (keyword: string): string[][] =>
    dockerfile
      .getInstructions()
      .filter((instruction) => instruction.getKeyword() === keyword)
      .map((instruction) => instruction.getArguments().map((argument) => argument.getValue()));

  test('is well formed, and starts from the image that image.json names', () => {
    expect(validate(text)).toEqual([]);
    const bases = argumentsOf('FROM').map(([base]) => base);
    expect(new Set(bases)).toEqual(new Set([variant.base.tag]));
  });

  test('has its labels, and ends with an unprivileged user who runs the entry script', () => {
    for (const label of ['title', 'description', 'licenses', 'vendor']) {
      expect(text).toContain(`org.opencontainers.image.${label}="`);
    }
    const last = dockerfile
      .getInstructions()
      .slice(-3)
      .map((instruction) => `${instruction.getKeyword()} ${instruction.getArgumentsContent()}`);
    expect(last).toEqual(['USER builder', 'WORKDIR /workspace', 'CMD ["appflux-build"]']);
    expect(text).toMatch(/useradd --uid 10001 --user-group --create-home .*builder/);
  });

  test('copies only files of its build context', async () => {
    const host = {
      architecture: 'amd64',
      certificates: [],
      npmRegistry: 'https://mirror.example.com/',
    } as const;
    const paths = (await imageInputs(image, variant, host)).map(({ path }) => path);
    for (const sources of argumentsOf('COPY').map((all) => all.slice(0, -1))) {
      // An absolute path is one of another stage.
      for (const source of sources.filter((path) => !isElsewhere(path))) {
        const isThere = paths.some((path) =>
          source.endsWith('/') ? path.startsWith(source) : path === source,
        );
        expect(isThere, source).toBe(true);
      }
    }
  });

  test.skipIf(SHELLCHECK === null)('has commands without shellcheck findings', async () => {
    for (const instruction of dockerfile.getInstructions()) {
      if (instruction.getKeyword() !== 'RUN') continue;
      // The text that the engine passes to the shell; variables of ENV and ARG are set elsewhere.
      const script = (instruction.getRawArgumentsContent() ?? '').replaceAll(/^\s*#.*\n/gm, '');
      await expect(shellcheck(script), script).resolves.toBe('');
    }
  });
});

/** The findings of shellcheck in a script; empty if there are none. */
function shellcheck(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(SHELLCHECK ?? '', ['--shell=bash', '--exclude=SC2154', '-'], (error, stdout) => {
      if (error !== null && stdout === '') reject(error);
      else resolve(stdout);
    });
    child.stdin?.end(`${script}\n`);
  });
}
