/** Looks at repositories before there is an app. */
import { type Look, type LookError, type LookResult, StartLook } from '@appflux/protocol';
import { newId, type Routes } from './fake-call.ts';
import { plan } from './fixtures.ts';

/** How a look ends: with a result, an error, or not at all. */
export type FakeLook = Pick<Look, 'status'> & {
  result?: LookResult;
  error?: LookError;
};

const PLAN = plan();

/** A look at a repository with one Vite site. */
export const foundSite = (over: Partial<LookResult> = {}): FakeLook => ({
  status: 'done',
  result: {
    branch: 'main',
    defaultBranch: 'main',
    branches: ['main', 'next', 'release/2'],
    commit: { hash: '9f3c2ab41d7e0c5b8a6f2e1d3c4b5a6978869504', message: 'Add a weather layer' },
    candidates: {
      ways: [{ set: { rootDirectory: null, type: null, framework: null }, plan: PLAN }],
      problem: null,
    },
    plan: PLAN,
    ...over,
  },
});

/** `apps/look` has a fixed segment in place of the slug. */
export const LOOK_ROUTES: Routes = {
  'POST apps/:id': ({ body }) => {
    StartLook.parse(body);
    return [202, { id: newId() }];
  },
  'GET apps/:id/:name': ({ world, name }) => [
    200,
    { id: name, expiresAt: new Date(Date.now() + 600_000).toISOString(), ...world.look },
  ],
};
