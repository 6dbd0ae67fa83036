/** What the ids in our statements mean, served at the ids themselves. */
import { AppFluxError } from '@appflux/protocol';
import { router } from '../http/router.ts';
import {
  BUILD_TYPE_PATH,
  BUILDERS_PATH,
  PREBUILT,
  PREBUILT_TYPE_PATH,
  UNRECORDED_EXECUTOR,
} from './statement.ts';

const BUILD_TYPE = `AppFlux deployment, version 1

A build of one app at one commit or upload.

externalParameters: what was requested, as the control plane recorded it before the build.
  app, environment, trigger
  source      repository, branch, commit (null: the newest), rootDirectory; or upload, name, size, sha256
  type, build the app's settings; null or empty leaves a value to detection
  variables   names of the variables that the build got; values are never stated
  files       names of the files that the build got
  clearCache  whether the build ran without the app's cache

internalParameters: what the platform decided.
  deploymentId, buildNumber, attempt, limits
  runner      id, name and executor of the runner, as it is registered and authenticated
  reportedByRunner  commit, branch, version and plan. The control plane has not checked these.

resolvedDependencies with the annotation reportedBy=runner: not checked by the control plane.

byproducts: the bill of materials (gzip-compressed CycloneDX), which the runner made of the lockfiles.

subject: name and SHA-256 of each delivered file; of a site, a ZIP of it and its manifest.
The control plane computed each digest from the stored bytes.

The times are the control plane's.
`;

const PREBUILT_TYPE = `AppFlux deployment of a prebuilt output, version 1

Files that were built outside of AppFlux. A person or program with an API token delivered them to the instance, which
published them. The statement says which files those are and when they were published. It says nothing about how, from
what and by whom they were built, and amounts to no SLSA build level.

externalParameters: what was requested, as the control plane recorded it.
  app, environment, trigger

internalParameters:
  deploymentId, buildNumber  what the platform decided
  reportedByDeliverer        commit, branch and version. The control plane has not checked these.

subject: name and SHA-256 of each delivered file; of a site, a ZIP of it and its manifest.
The control plane computed each digest from the stored bytes.

The times are the control plane's.
`;

const BUILDERS: Readonly<Record<string, string>> = {
  docker: 'A runner that builds in a container of its own for each attempt, without a network interface.\n',
  host: 'A runner that builds on its own host, without a sandbox: a build can change the runner itself.\n',
  [PREBUILT]: 'Nobody whom AppFlux knows: the output was built elsewhere, and delivered as it was.\n',
  [UNRECORDED_EXECUTOR]:
    'A runner of a version that did not record whether it builds in containers or on its host.\n',
};

export const provenanceTerms = router();

provenanceTerms.get(BUILD_TYPE_PATH, (c) => c.text(BUILD_TYPE));

provenanceTerms.get(PREBUILT_TYPE_PATH, (c) => c.text(PREBUILT_TYPE));

provenanceTerms.get(`${BUILDERS_PATH}/:executor`, (c) => {
  const text = BUILDERS[c.req.param('executor')];
  if (text === undefined) throw new AppFluxError('not_found', 'There is no builder of that kind');
  return c.text(text);
});
