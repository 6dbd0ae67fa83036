import { BuildSettings, ProvenanceStatement } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import type { ArtifactRecord } from '../metadata/metadata.ts';
import { type BuiltDeployment, statementOf } from './statement.ts';

type Spec = BuiltDeployment['spec'];
type State = BuiltDeployment['state'];

const PUBLIC_URL = 'https://apps.example.com';
const COMMIT = 'c'.repeat(40);

const artifact = (name: string, change: Partial<ArtifactRecord> = {}): ArtifactRecord => ({
  name,
  key: `apps/a/d/1/${name}`,
  size: 3,
  sha256: 'a'.repeat(64),
  contentType: 'application/zip',
  meta: { label: 'Shown' },
  etag: 'e',
  ...change,
});

const PLAN = {
  type: 'android' as const,
  framework: null,
  packageManager: 'npm' as const,
  image: 'appflux/web-builder:1',
  imageDigest: `sha256:${'b'.repeat(64)}`,
  node: '24',
  installCommand: 'npm ci',
  buildCommand: 'npm run build',
  outputs: ['dist'],
  reasons: ['Because'],
};

const UPLOAD = {
  kind: 'upload' as const,
  uploadId: '66f2a1c04b7e9d0000000003',
  name: 'hello.zip',
  size: 1000,
  sha256: null,
  rootDirectory: './',
};

const sampleSpec = (change: Partial<Spec> = {}): Spec => ({
  id: '66f2a1c04b7e9d0000000001',
  app: { id: '66f2a1c04b7e9d0000000002', slug: 'hello', name: 'Hello' },
  trigger: 'upload',
  environment: 'production',
  source: UPLOAD,
  build: BuildSettings.parse({}),
  type: null,
  variables: {},
  limits: {
    memoryBytes: 4e9,
    cpus: 2,
    pids: 1000,
    diskBytes: 1e10,
    timeoutSeconds: 1800,
    logBytes: 64e6,
    artifactBytes: 4e9,
  },
  clearCache: false,
  buildNumber: 1,
  ...change,
});

function built(change: Partial<State> = {}): State {
  return {
    branch: 'main',
    attempt: 2,
    runner: { id: '66f2a1c04b7e9d0000000009', name: 'builder-1' },
    executor: 'docker',
    phases: [{ startedAt: Date.UTC(2026, 10, 1, 12) }],
    startedAt: Date.UTC(2026, 10, 1, 11),
    finishedAt: Date.UTC(2026, 10, 1, 13),
    commitHash: COMMIT,
    plan: PLAN,
    version: '1.2.3',
    artifacts: [artifact('app.apk')],
    ...change,
  };
}

const git = (change: Partial<Extract<Spec['source'], { kind: 'git' }>> = {}) =>
  sampleSpec({
    source: {
      kind: 'git',
      repoUrl: 'https://git.example.com/team/app.git',
      branch: 'feature/ü 1',
      commit: null,
      rootDirectory: './',
      ...change,
    },
  });

type Predicate = {
  buildDefinition: {
    externalParameters: Record<string, unknown>;
    internalParameters: Record<string, unknown>;
    resolvedDependencies: { uri?: string; name?: string; digest?: object; annotations?: object }[];
  };
  runDetails: { builder: { id: string }; metadata: Record<string, string> };
};

/** The statement, which has to be one for everyone who verifies. */
function stated(spec: Spec, state: State) {
  const statement = statementOf({ spec, state }, PUBLIC_URL);
  const { subject, predicate } = ProvenanceStatement.parse(statement);
  return { subject, predicate: predicate as unknown as Predicate, text: JSON.stringify(statement) };
}

test('a deployment gets the same statement each time', () => {
  const spec = git();
  expect(stated(spec, built()).text).toBe(stated(spec, built()).text);
});

describe('what it is about', () => {
  test('each artifact whose digest the control plane has computed', () => {
    const spec = git();
    const artifacts = [artifact('app.apk'), artifact('notes.txt', { sha256: 'd'.repeat(64) })];
    expect(stated(spec, built({ artifacts })).subject).toEqual([
      { name: 'app.apk', digest: { sha256: 'a'.repeat(64) } },
      { name: 'notes.txt', digest: { sha256: 'd'.repeat(64) } },
    ]);
  });

  test('a site: the ZIP of it and its manifest', () => {
    const site = artifact('app.zip', { manifestSha256: 'e'.repeat(64) });
    delete site.etag;
    expect(stated(git(), built({ artifacts: [site] })).subject).toEqual([
      { name: 'app.zip', digest: { sha256: 'a'.repeat(64) } },
      { name: 'site-manifest.json.gz', digest: { sha256: 'e'.repeat(64) } },
    ]);
  });

  test('nothing that only the runner gave a digest of', () => {
    const spec = git();
    const unchecked = artifact('old.apk');
    delete unchecked.etag;
    const both = built({ artifacts: [unchecked, artifact('app.apk')] });
    expect(stated(spec, both).subject.map(({ name }) => name)).toEqual(['app.apk']);
    expect(statementOf({ spec, state: built({ artifacts: [unchecked] }) }, PUBLIC_URL)).toBeNull();
  });
});

describe('what it says', () => {
  test('what was asked for is apart from what the runner reports', () => {
    const spec = git();
    const { predicate } = stated(spec, built());
    const { externalParameters, internalParameters } = predicate.buildDefinition;
    expect(externalParameters).toMatchObject({
      app: { id: spec.app.id, slug: 'hello' },
      source: { repository: 'https://git.example.com/team/app.git', branch: 'feature/ü 1', commit: null },
      environment: 'production',
    });
    expect(JSON.stringify(externalParameters)).not.toContain(COMMIT);
    const { reasons: _, ...plan } = PLAN;
    expect(internalParameters).toMatchObject({
      attempt: 2,
      runner: { id: '66f2a1c04b7e9d0000000009', name: 'builder-1', executor: 'docker' },
      reportedByRunner: { commit: COMMIT, version: '1.2.3', plan },
    });
  });

  test('commit and image are marked as reported by the runner', () => {
    const spec = git();
    expect(stated(spec, built()).predicate.buildDefinition.resolvedDependencies).toEqual([
      {
        uri: 'git+https://git.example.com/team/app.git@refs/heads/feature/%C3%BC%201',
        digest: { gitCommit: COMMIT },
        annotations: { reportedBy: 'runner' },
      },
      {
        name: 'appflux/web-builder:1',
        digest: { sha256: 'b'.repeat(64) },
        annotations: { reportedBy: 'runner' },
      },
    ]);
  });

  test('a requested commit was not found on a branch', () => {
    const spec = git({ commit: COMMIT });
    const [source] = stated(spec, built()).predicate.buildDefinition.resolvedDependencies;
    expect(source?.uri).toBe('git+https://git.example.com/team/app.git');
  });

  test('the branch that the owner of an upload names is requested, and not reported by the runner', () => {
    const spec = sampleSpec({ source: { ...UPLOAD, branch: 'feature/x' } });
    const state = built({ branch: 'feature/x' });
    const { externalParameters, internalParameters } = stated(spec, state).predicate.buildDefinition;
    expect(externalParameters.source).toEqual({
      upload: UPLOAD.uploadId,
      name: 'hello.zip',
      size: 1000,
      sha256: null,
      rootDirectory: './',
      branch: 'feature/x',
    });
    expect(internalParameters.reportedByRunner).toMatchObject({ branch: null });
  });

  test('an upload has the digest that the control plane computed, without a mark', () => {
    const base = sampleSpec();
    const spec = sampleSpec({ source: { ...UPLOAD, sha256: 'f'.repeat(64) } });
    const { resolvedDependencies } = stated(spec, built({ plan: null })).predicate.buildDefinition;
    expect(resolvedDependencies).toEqual([{ name: 'hello.zip', digest: { sha256: 'f'.repeat(64) } }]);
    const unknown = stated(base, built({ plan: null })).predicate.buildDefinition;
    expect(unknown.resolvedDependencies).toEqual([]);
  });

  test('a short commit or an odd image digest makes no dependency', () => {
    const spec = git();
    const state = built({ commitHash: 'abcdef1', plan: { ...PLAN, imageDigest: 'latest' } });
    expect(stated(spec, state).predicate.buildDefinition.resolvedDependencies).toEqual([]);
  });

  test('variables by their names, and no values, sealed or not', () => {
    const sealed = { sealed: 'v1.SEALED', environments: ['production' as const] };
    const spec = sampleSpec({
      variables: { B_TOKEN: sealed, A_URL: sealed },
      files: { KEYSTORE: { ...sealed, size: 4 } },
    });
    const { text, predicate } = stated(spec, built());
    expect(predicate.buildDefinition.externalParameters).toMatchObject({
      variables: ['A_URL', 'B_TOKEN'],
      files: ['KEYSTORE'],
    });
    expect(text).not.toContain('SEALED');
  });

  test('builder and times are those of the attempt that succeeded', () => {
    const spec = git();
    const { builder, metadata } = stated(spec, built()).predicate.runDetails;
    expect(builder.id).toBe('https://apps.example.com/.well-known/appflux/builders/docker');
    expect(metadata).toEqual({
      invocationId: `https://apps.example.com/api/deployments/${spec.id}#attempt-2`,
      startedOn: '2026-11-01T12:00:00.000Z',
      finishedOn: '2026-11-01T13:00:00.000Z',
    });
  });

  test('the bill of materials is a by-product that the runner made', () => {
    const sbom = { key: 'k', size: 3, sha256: '1'.repeat(64) };
    const byproductsOf = (change: Partial<State>) =>
      (stated(git(), built(change)).predicate.runDetails as unknown as { byproducts: object[] }).byproducts;
    expect(byproductsOf({})).toEqual([]);
    expect(byproductsOf({ sbom })).toEqual([
      {
        name: 'sbom.cdx.json.gz',
        digest: { sha256: '1'.repeat(64) },
        annotations: { reportedBy: 'runner' },
      },
    ]);
  });

  test('a build of an earlier version doesn’t claim to have been in a container', () => {
    const spec = git();
    const { executor: _, ...state } = built();
    expect(stated(spec, state).predicate.runDetails.builder.id).toMatch(/\/unrecorded$/);
  });
});
