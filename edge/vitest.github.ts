/** Before all tests: the stand-in for GitHub's API (stack/stand-ins/github-app), on loopback. */
import type { TestProject } from 'vitest/node';
import { startGithub } from '../stack/stand-ins/github-app/start.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where it is. */
    github: string;
  }
}

export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const { origin, stop } = await startGithub();
  project.provide('github', origin);
  return stop;
}
