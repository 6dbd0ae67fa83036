/**
 * Where tests keep what belongs to them: helpers in a `testing/` folder beside what they help to test, recorded material
 * and fixtures outside of `src/`. The program itself uses none of it.
 */
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** The parts of which programs are made; the others, such as e2e, are tests as a whole. */
const PARTS = new Set(['protocol', 'client', 'detection', 'edge', 'runner', 'cli', 'dashboard', 'stack']);

/** `npm test` itself: other commands use it, too. */
const TEST_COMMAND = 'stack/testing/';

const CODE = /\.(?:ts|mjs|js|svelte)$/;
const MATERIAL = /(?:^|\/)(?:recorded|fixtures?)\//;

/** File names that only helpers of tests have. */
const HELPER_NAME =
  /^(?:testing|fake|mock|sample|recorded)s?[-.]|[-.](?:testing|fakes?|mocks?|samples?|fixtures?|test-helpers?)\.[a-z]+$/;

/** Packages that only tests use. */
const TEST_PACKAGES = new Set(['vitest', 'cloudflare:test', 'fast-check', 'playwright-core']);

/** The specifiers of all imports and re-exports, dynamic ones included. */
const SPECIFIER = /\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g;

/** Whether a file belongs to tests: by its folder, or because a test runner loads it by its name. */
export function isForTests(path: string): boolean {
  if (path.startsWith(TEST_COMMAND)) return false;
  return (
    /(?:^|\/)testing\//.test(path) ||
    /\.test\.[a-z]+$/.test(path) ||
    /(?:^|\/)vitest\.[\w-]+(?:\.[\w-]+)*\.ts$/.test(path) ||
    /(?:^|\/)vitest\.[a-z]+$/.test(path) ||
    MATERIAL.test(path)
  );
}

/** Whether a path is one of a program: code of a part, which tests don't own. */
const isProgram = (path: string): boolean =>
  PARTS.has(path.split('/')[0] ?? '') &&
  path.includes('/') &&
  CODE.test(path) &&
  !path.startsWith(TEST_COMMAND) &&
  !isForTests(path);

/** What a file of a program imports of tests, as it is written there. Pure. */
export function importsOfTests(path: string, text: string): string[] {
  return [...text.matchAll(SPECIFIER)]
    .map(([, , specifier = '']) => specifier)
    .filter((specifier) => TEST_PACKAGES.has(specifier) || isForTests(targetOf(path, specifier)));
}

/** The path that a specifier leads to, as far as its folders tell; a package's own name stays. */
function targetOf(path: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier);
  return specifier.replace(/^@appflux\//, '').replace(/^#/, `${path.split('/')[0]}/src/`);
}

/** What is wrong with where a file is, or null. Pure. */
export function placeProblem(path: string): string | null {
  if (!PARTS.has(path.split('/')[0] ?? '')) return null;
  if (/\/src\//.test(path) && MATERIAL.test(path.slice(path.indexOf('/src/')))) {
    return 'recorded material and fixtures belong outside of src/';
  }
  const name = posix.basename(path);
  if (isProgram(path) && HELPER_NAME.test(name)) {
    return 'a helper of tests belongs in a testing/ folder beside what it helps to test';
  }
  return null;
}

/**
 * Checks the files of a checkout, named by their paths in it.
 * @returns a line per file in the wrong place, and per import of tests by a program
 */
export async function checkTestHelpers(root: string, files: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const path of files) {
    const problem = placeProblem(path);
    if (problem !== null) lines.push(`${path}: ${problem}`);
    if (!isProgram(path)) continue;
    for (const specifier of importsOfTests(path, await readFile(join(root, path), 'utf8'))) {
      lines.push(`${path}: imports ${specifier}, which belongs to tests`);
    }
  }
  return lines;
}
