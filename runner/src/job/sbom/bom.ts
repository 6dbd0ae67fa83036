/** Makes a CycloneDX bill of materials of lockfiles. The same lockfiles get the same bytes. */
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { type LockGraph, type LockNode, type PackageHash, type Scope, scopesOf } from './lock-graph.ts';
import { namespaceOf, purlOf } from './purl.ts';

/** A lockfile that was read. */
export interface ReadLockfile {
  /** Its path in the source. */
  readonly path: string;
  readonly graph: LockGraph;
}

export interface Bom {
  /** JSON. */
  readonly text: string;
  readonly components: number;
}

/** A package of all lockfiles together: the same one may stand in several places. */
interface Merged {
  readonly graph: LockGraph;
  readonly id: NonNullable<LockNode['id']>;
  readonly hashes: PackageHash[];
  readonly needs: Set<string>;
  scope: Scope | undefined;
}

/** The more a package is needed in one place, the more it is needed at all. */
const RANK: readonly (Scope | undefined)[] = ['excluded', undefined, 'optional', 'required'];

const SCOPES: Readonly<Record<Scope, Enums.ComponentScope>> = {
  required: Enums.ComponentScope.Required,
  optional: Enums.ComponentScope.Optional,
  excluded: Enums.ComponentScope.Excluded,
};

const ALGORITHMS: Readonly<Record<PackageHash['algorithm'], Enums.HashAlgorithm>> = {
  'SHA-1': Enums.HashAlgorithm['SHA-1'],
  'SHA-256': Enums.HashAlgorithm['SHA-256'],
  'SHA-384': Enums.HashAlgorithm['SHA-384'],
  'SHA-512': Enums.HashAlgorithm['SHA-512'],
};

/** The SBOM of an app, by its name and the runner's version. No time and no random number is in it. */
export function bomOf(
  app: { readonly name: string; readonly version: string | null },
  lockfiles: readonly ReadLockfile[],
  runnerVersion: string,
): Bom {
  const merged = mergedPackages(lockfiles.map(({ graph }) => graph));
  const root = new Models.Component(Enums.ComponentType.Application, app.name, {
    bomRef: 'app',
    ...(app.version === null ? {} : { version: app.version }),
  });
  const bom = new Models.Bom();
  bom.metadata.component = root;
  bom.metadata.lifecycles.add(Enums.LifecyclePhase.PreBuild);
  bom.metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, 'appflux-runner', {
      group: 'appflux',
      version: runnerVersion,
    }),
  );
  for (const { path } of lockfiles)
    bom.metadata.properties.add(new Models.Property('appflux:lockfile', path));
  const components = new Map([...merged].map(([purl, one]) => [purl, componentOf(purl, one)]));
  for (const component of components.values()) bom.components.add(component);
  // The library lists what a component needs only if it is the very reference of another one.
  const link = (from: Models.Component, purls: Iterable<string>) => {
    for (const purl of purls) {
      const needed = components.get(purl);
      if (needed !== undefined) from.dependencies.add(needed.bomRef);
    }
  };
  link(root, rootsOf(lockfiles, merged));
  for (const [purl, { needs }] of merged) link(components.get(purl) ?? root, needs);
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return { text: serializer.serialize(bom, { sortLists: true }), components: merged.size };
}

function componentOf(purl: string, { graph, id, hashes, scope }: Merged): Models.Component {
  const { group, name } = namespaceOf(graph.ecosystem, id.name);
  const component = new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: purl,
    purl,
    ...(group === null ? {} : { group }),
    ...(id.version === null ? {} : { version: id.version }),
    ...(scope === undefined ? {} : { scope: SCOPES[scope] }),
  });
  for (const { algorithm, content } of hashes) component.hashes.set(ALGORITHMS[algorithm], content);
  return component;
}

function mergedPackages(graphs: readonly LockGraph[]): Map<string, Merged> {
  const merged = new Map<string, Merged>();
  for (const graph of graphs) {
    const scopes = scopesOf(graph);
    for (const [key, { id, hashes, needs, mayNeed }] of graph.nodes) {
      if (id === null) continue;
      const purl = purlOf(graph.ecosystem, id.name, id.version);
      const one = merged.get(purl) ?? {
        graph,
        id,
        hashes: [...hashes],
        needs: new Set<string>(),
        scope: scopes.get(key),
      };
      merged.set(purl, one);
      const scope = scopes.get(key);
      if (RANK.indexOf(scope) > RANK.indexOf(one.scope)) one.scope = scope;
      for (const needed of purlsOf(graph, [...needs, ...mayNeed])) if (needed !== purl) one.needs.add(needed);
    }
  }
  return merged;
}

/** The packages at some places, without parts of the project itself. */
const purlsOf = ({ ecosystem, nodes }: LockGraph, keys: readonly string[]): string[] =>
  keys.flatMap((key) => {
    const id = nodes.get(key)?.id;
    return id == null ? [] : [purlOf(ecosystem, id.name, id.version)];
  });

/**
 * What the app itself needs: the roots of a lockfile and what parts of the project need; else all that nothing else needs.
 */
function rootsOf(lockfiles: readonly ReadLockfile[], merged: ReadonlyMap<string, Merged>): Set<string> {
  const roots = new Set<string>();
  for (const { graph } of lockfiles) {
    const own = [...graph.nodes.values()].filter(({ id }) => id === null);
    const { required = [], optional = [], excluded = [] } = graph.roots ?? {};
    const keys = [
      ...required,
      ...optional,
      ...excluded,
      ...own.flatMap(({ needs, mayNeed }) => [...needs, ...mayNeed]),
    ];
    for (const purl of purlsOf(graph, keys)) roots.add(purl);
    if (keys.length > 0) continue;
    const needed = new Set([...merged.values()].flatMap(({ needs }) => [...needs]));
    for (const purl of purlsOf(graph, [...graph.nodes.keys()])) if (!needed.has(purl)) roots.add(purl);
  }
  return roots;
}
