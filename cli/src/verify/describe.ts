/** What a verified statement says, as lines for a person. Pure. */
import type { ProvenanceStatement } from '@appflux/protocol';
import { z } from 'zod';

/** The members of a statement that are shown. Everything may be missing: other versions say other things. */
const text = z.string().nullish().catch(null);
const Said = z.object({
  buildDefinition: z.object({
    externalParameters: z
      .object({
        app: z.object({ slug: text, name: text }).nullish().catch(null),
        environment: text,
        source: z
          .object({ repository: text, branch: text, commit: text, upload: text, name: text })
          .nullish()
          .catch(null),
      })
      .nullish()
      .catch(null),
    internalParameters: z
      .object({
        deploymentId: text,
        attempt: z.number().nullish().catch(null),
        runner: z.object({ name: text }).nullish().catch(null),
        reportedByRunner: z.object({ commit: text, branch: text, version: text }).nullish().catch(null),
        reportedByDeliverer: z.object({ commit: text, branch: text, version: text }).nullish().catch(null),
      })
      .nullish()
      .catch(null),
  }),
  runDetails: z.object({
    builder: z.object({ id: z.string() }),
    metadata: z.object({ startedOn: text, finishedOn: text }).nullish().catch(null),
  }),
});

/** What the last part of a builder's id stands for. */
export const BUILDERS: Readonly<Record<string, string>> = {
  docker: 'in a container of its own',
  host: 'on the runner’s host, without a sandbox',
  unrecorded: 'by a runner of an earlier version',
  prebuilt: 'not by AppFlux: the output was built elsewhere',
};

/** The kind of a builder: the last part of its id. */
export const builderKind = (statement: ProvenanceStatement): string =>
  new URL(statement.predicate.runDetails.builder.id).pathname.split('/').at(-1) ?? '';

/** Titles and values, in the order in which they are shown. */
export function described(statement: ProvenanceStatement): [title: string, value: string][] {
  const { buildDefinition, runDetails } = Said.parse(statement.predicate);
  const { app, environment, source } = buildDefinition.externalParameters ?? {};
  const inside = buildDefinition.internalParameters ?? {};
  const reported = inside.reportedByRunner ?? inside.reportedByDeliverer;
  const kind = builderKind(statement);
  const by = inside.runner?.name ? ` by the runner ${inside.runner.name}` : '';
  const said = inside.reportedByDeliverer ? 'says who delivered it' : 'reported by the runner';
  const rows: [string, string | null][] = [
    ['App', app?.slug ? `${app.slug}${environment ? ` (${environment})` : ''}` : null],
    ['Source', source?.repository ?? (source?.upload ? `upload of ${source.name ?? 'a file'}` : null)],
    ['Branch', source?.branch ?? reported?.branch ?? null],
    ['Commit', reported?.commit ? `${reported.commit} (${said})` : (source?.commit ?? null)],
    ['Version', reported?.version ?? null],
    ['Built', `${BUILDERS[kind] ?? kind}${by}`],
    ['Builder', runDetails.builder.id],
    ['Finished', runDetails.metadata?.finishedOn ?? null],
    ['Deployment', inside.deploymentId ? attemptOf(inside.deploymentId, inside.attempt) : null],
  ];
  return rows.flatMap(([title, value]): [string, string][] => (value === null ? [] : [[title, value]]));
}

const attemptOf = (id: string, attempt: number | null | undefined) =>
  attempt == null ? id : `${id}, attempt ${attempt}`;
