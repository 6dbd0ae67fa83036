import type { ServerKind } from '@appflux/protocol';
import type { ServerFixture } from '../../source/zip.ts';
import type { ServedPage } from '../click-through.ts';
import type { BuiltServer } from '../instance.ts';

/** One framework, whose fixture is built in a container and clicked through. */
export interface Framework {
  readonly fixture: ServerFixture;
  readonly kind: ServerKind;
  /** The app's variables. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What only this framework has, on a page of the site. */
  readonly more?: (site: ServedPage, built: BuiltServer) => Promise<void>;
}
