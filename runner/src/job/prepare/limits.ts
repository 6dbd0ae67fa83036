import { MAX_SOURCE_ENTRIES, MAX_SOURCE_TREE_BYTES } from '@appflux/protocol';

/** How large a source may be. The numbers are generous for projects and tight for attacks. */
export interface SourceLimits {
  /** Files, folders and links in the tree. */
  readonly entries: number;
  /** Bytes of the tree when it is unpacked. */
  readonly treeBytes: number;
  /** Beyond `ratioFreeBytes`, a ZIP may not unpack to more than this many times its own size. */
  readonly ratio: number;
  readonly ratioFreeBytes: number;
  /** Folders above a file. */
  readonly depth: number;
  /**
   * Bytes of one name, in UTF-8, and of a whole path: what file systems take, with room for the workspace's
   * own path.
   */
  readonly nameBytes: number;
  readonly pathBytes: number;
  /** Bytes that Git may fetch. */
  readonly fetchBytes: number;
  /** How long Git may take for one source, in milliseconds. */
  readonly fetchMs: number;
  /**
   * Waits before another try when a server fails or a connection breaks, in milliseconds; one try more for
   * each.
   */
  readonly retryMs: readonly number[];
  /**
   * The same for an upload in storage. Longer, because on one machine storage restarts with the control plane, which
   * costs no build.
   */
  readonly storageRetryMs: readonly number[];
}

const MB = 1024 ** 2;
const GB = 1024 ** 3;

export const SOURCE_LIMITS: SourceLimits = {
  entries: MAX_SOURCE_ENTRIES,
  treeBytes: MAX_SOURCE_TREE_BYTES,
  ratio: 200,
  ratioFreeBytes: 50 * MB,
  depth: 64,
  nameBytes: 255,
  pathBytes: 2048,
  fetchBytes: 2 * GB,
  fetchMs: 10 * 60_000,
  retryMs: [1_000, 4_000],
  storageRetryMs: [1_000, 2_000, 4_000, 8_000, 15_000],
};
