/**
 * Metadata whose old deployments are archived: of a deployment of which nothing is left but the record, the backend keeps
 * what lists, feeds and marks need, and the record is in storage, in the file that its object has left. This completes such
 * deployments wherever they are read whole. Everything else a backend does with them by itself: cursors, filters, marks and
 * deletion are the same for all deployments.
 */
import { journal } from '../../journal.ts';
import { MAX_PAGE_BYTES } from '../../limits/platform.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import {
  DEPLOYMENT_DEFAULTS,
  type DeploymentStore,
  type KeptDeployment,
  type Metadata,
} from '../metadata.ts';
import { cursorOf, placeOf } from '../paging.ts';
import { readEndedFile } from './ended-file.ts';

/** How many files are read at a time: a Worker may have six connections open. */
const SIDE_BY_SIDE = 6;

/** `backend` with whole deployments. `objects` is where their files are. */
export function archivedMetadata(backend: Metadata, objects: () => ObjectStore): Metadata {
  const { deployments } = backend;
  const wholeOf = (found: KeptDeployment) => (found.archived === true ? complete(found, objects()) : found);
  const completing: Pick<DeploymentStore, 'byId' | 'list' | 'lastEnded'> = {
    async byId(id) {
      const found = await deployments.byId(id);
      return found && wholeOf(found);
    },
    async lastEnded(filter) {
      const found = await deployments.lastEnded(filter);
      return found && wholeOf(found);
    },
    async list(filter, asked) {
      const page = await deployments.list(filter, asked);
      if (!page.items.some(({ archived }) => archived)) return page;
      const items: KeptDeployment[] = [];
      let bytes = 0;
      for (let from = 0; from < page.items.length; from += SIDE_BY_SIDE) {
        const some = page.items.slice(from, from + SIDE_BY_SIDE);
        const whole = (await Promise.all(some.map(wholeOf))).filter((one) => one !== null);
        items.push(...whole);
        bytes += JSON.stringify(whole).length;
        const last = some.at(-1);
        // The backend has cut the page by what it keeps of them, which is less.
        if (bytes >= MAX_PAGE_BYTES && last !== undefined && last !== page.items.at(-1))
          return { items, nextCursor: cursorOf(placeOf(last)) };
      }
      return { ...page, items };
    },
  };
  return replacing(backend, { deployments: replacing(deployments, completing) });
}

/** A store with some of its members replaced. The others may be those of a proxy, which can't be listed. */
const replacing = <Store extends object>(store: Store, members: Partial<Store>): Store =>
  new Proxy(store, {
    get: (of, name, receiver) =>
      Object.hasOwn(members, name) ? members[name as keyof Store] : Reflect.get(of, name, receiver),
  });

/** The whole of an archived deployment; null when its file is gone, which is written to the Worker's log. */
async function complete(hollow: KeptDeployment, objects: ObjectStore): Promise<KeptDeployment | null> {
  const file = await readEndedFile(objects, hollow.id);
  if (file === null) {
    journal.error(
      `deployment ${hollow.id} is left out`,
      new Error('It is archived, and its file is not in storage'),
    );
    return null;
  }
  const { number, pinned, promotedAt, artifactsRemovedAt, logRemovedAt, pictureAt, pictureError, leftovers } =
    hollow;
  const marks = { pinned, promotedAt, artifactsRemovedAt, logRemovedAt, pictureAt, pictureError, leftovers };
  return { ...DEPLOYMENT_DEFAULTS, ...file.record, number, ...marks };
}
