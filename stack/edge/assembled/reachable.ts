/** Which services of a configuration of workerd are needed. */
import { z } from 'zod';

const Named = z.looseObject({ name: z.string() });

/** Fields of the configuration whose value can be the name of a service. */
const NAMES = ['name', 'serviceName', 'localDisk'];

/**
 * The services that `roots` refer to, directly or by others, and the roots themselves. Pure.
 * @param provided names of services that are not among these
 * @throws Error if a root is missing
 */
export function reachable(
  services: readonly unknown[],
  roots: readonly string[],
  provided: readonly string[],
): unknown[] {
  const byName = new Map(services.map((service) => [Named.parse(service).name, service]));
  const found = new Set<string>(provided);
  const visit = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    for (const other of referred(byName.get(name))) if (byName.has(other)) visit(other);
  };
  for (const root of roots) {
    if (!byName.has(root)) throw new Error(`Miniflare has assembled no service called ${root}`);
    visit(root);
  }
  return [...byName].flatMap(([name, service]) =>
    found.has(name) && !provided.includes(name) ? [service] : [],
  );
}

/** All values of the fields that can name a service, however deep. Names of bindings are among them. */
function referred(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' ? (NAMES.includes(key) ? [inner] : []) : referred(inner),
  );
}
