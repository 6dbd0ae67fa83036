/** The plan of a small site, for deployments that no runner builds. */
import type { Plan } from '@appflux/protocol';

export const SAMPLE_PLAN: Plan = {
  type: 'web',
  framework: 'vite',
  packageManager: 'npm',
  image: 'appflux/web-builder',
  node: '24',
  installCommand: 'npm ci',
  buildCommand: 'npm run build',
  outputs: ['dist'],
  reasons: ['package-lock.json says npm.', 'vite is a dependency.'],
};
