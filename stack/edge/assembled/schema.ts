/**
 * What Miniflare assembles for workerd, as far as instances use it: the services behind the bindings of the control plane.
 * Anything else in a later version of Miniflare is refused here, and not left out without a word.
 */
import { z } from 'zod';
import { Embedded, VOID } from '../../workerd/notation.ts';

/** Bytes as JSON has them: of a buffer, or of another array of bytes. */
const Bytes = z.union([
  z
    .strictObject({ type: z.literal('Buffer'), data: z.array(z.int().min(0).max(255)) })
    .transform(({ data }) => Uint8Array.from(data)),
  z.record(z.string().regex(/^\d+$/), z.int().min(0).max(255)).transform((bytes) => {
    const all = new Uint8Array(Object.keys(bytes).length);
    for (const [at, byte] of Object.entries(bytes)) all[Number(at)] = byte;
    return all;
  }),
]);

const Designator = z.strictObject({
  name: z.string(),
  entrypoint: z.string().optional(),
  props: z.strictObject({ json: z.string() }).optional(),
});

const name = z.string();
const SimpleBinding = z.union([
  z.strictObject({ name, text: z.string() }),
  z.strictObject({ name, json: z.string() }),
  z.strictObject({ name, data: Bytes }),
  z.strictObject({ name, service: Designator }),
  z.strictObject({ name, queue: Designator }),
  z.strictObject({ name, r2Bucket: Designator }),
  z.strictObject({ name, kvNamespace: Designator }),
  z.strictObject({
    name,
    durableObjectNamespace: z.strictObject({ className: z.string(), serviceName: z.string().optional() }),
  }),
]);
const Binding = z.union([
  SimpleBinding,
  z.strictObject({
    name,
    wrapped: z.strictObject({ moduleName: z.string(), innerBindings: z.array(SimpleBinding) }),
  }),
]);

/** The Workers that get the events of another one: none. */
const Tails = z.array(z.never()).optional();

/** A module; its content is in a file of the folder that it was kept in. */
const Modules = z.array(
  z
    .strictObject({ name, file: z.string(), internal: z.boolean().optional() })
    .transform(({ file, ...module }) => ({ ...module, esModule: new Embedded(file) })),
);

const Worker = z
  .strictObject({
    modules: Modules,
    compatibilityDate: z.string(),
    compatibilityFlags: z.array(z.string()).optional(),
    bindings: z.array(Binding).optional(),
    durableObjectNamespaces: z
      .array(
        z.strictObject({
          className: z.string(),
          uniqueKey: z.string(),
          enableSql: z.boolean().optional(),
          preventEviction: z.boolean().optional(),
        }),
      )
      .optional(),
    durableObjectStorage: z
      .union([
        z.strictObject({ localDisk: z.string() }),
        // JSON drops the symbol that Miniflare has for a field without a value, and only one such field can be here.
        z.strictObject({}).transform(() => ({ inMemory: VOID }) as const),
      ])
      .optional(),
    globalOutbound: Designator.optional(),
    cacheApiOutbound: Designator.optional(),
    tails: Tails,
    streamingTails: Tails,
    // Of Workers that have containers, which the control plane doesn't.
    containerEngine: z.unknown().optional(),
  })
  .transform(({ tails, streamingTails, containerEngine, ...worker }) => worker);

/** The services that an instance needs, and the modules that their scripts import by name. */
export const Assembled = z.strictObject({
  services: z.array(
    z.union([
      z.strictObject({ name, worker: Worker }),
      z.strictObject({
        name,
        disk: z.strictObject({
          /** Relative to the folder for data, unless it is absolute. */
          path: z.string(),
          writable: z.boolean().optional(),
          allowDotfiles: z.boolean().optional(),
        }),
      }),
    ]),
  ),
  extensions: z.array(z.strictObject({ modules: Modules })),
});
export type Assembled = z.output<typeof Assembled>;
