/** The part of what Miniflare has assembled that an instance needs. */
import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { z } from 'zod';
import { CONTROL_PLANE_SERVICE, PROVIDED, S3_SERVICE } from './input.ts';
import { reachable } from './reachable.ts';

const Whole = z.looseObject({ services: z.array(z.unknown()), extensions: z.array(z.unknown()) });
const Module = z.looseObject({ name: z.string(), esModule: z.string() });
const Disk = z.looseObject({ path: z.string(), writable: z.boolean() });

export interface Needed {
  /** `Assembled` of schema.ts, before it is parsed. */
  readonly assembled: unknown;
  /** The contents of its modules, by their files' names: `nameOf` the content. */
  readonly modules: ReadonlyMap<string, string>;
}

/** The name of a file with a module: of its content, so that it shows whether the file is whole. */
export const nameOf = (content: string | Buffer): string =>
  `${createHash('sha256').update(content).digest('hex').slice(0, 32)}.mjs`;

/**
 * Takes the control plane's services out of a configuration of workerd, and the contents of modules out of them. Pure.
 * @param json the configuration in JSON, as Miniflare writes it for debugging
 * @param persist the folder for data that it was assembled with: paths in it become relative to it
 * @throws Error if it doesn't have the services
 */
export function needed(json: string, persist: string): Needed {
  const { services, extensions } = Whole.parse(JSON.parse(json));
  const modules = new Map<string, string>();
  const change = (value: unknown): unknown => {
    const module = Module.safeParse(value).data;
    if (module !== undefined) {
      const { esModule, ...rest } = module;
      const file = nameOf(esModule);
      modules.set(file, esModule);
      return { ...rest, file };
    }
    const disk = Disk.safeParse(value).data;
    if (disk?.path.startsWith(`${persist}/`)) return { ...disk, path: relative(persist, disk.path) };
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner)]));
  };
  const roots = [CONTROL_PLANE_SERVICE, S3_SERVICE];
  const assembled = change({ services: reachable(services, roots, PROVIDED), extensions });
  return { assembled, modules };
}
