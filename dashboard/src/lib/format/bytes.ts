import * as shared from '@appflux/protocol/format';
import { language } from './language.ts';

/** A size in bytes, in the page's language: `512 bytes`, `3.4 kB`, `128 MB`, and whole mebibytes as `512 MiB`. */
export const formatBytes = (bytes: number): string => shared.formatBytes(bytes, language());
