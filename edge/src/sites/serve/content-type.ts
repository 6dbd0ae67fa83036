/** Content types of a site's files, by their names. Pure. */
import mime from 'mime';

/** For files whose type nothing says. */
const UNKNOWN = 'application/octet-stream';

/** A file of Apple's that has no ending. */
const BY_NAME: ReadonlyMap<string, string> = new Map([['apple-app-site-association', 'application/json']]);

/** Where the registered type isn't the one that browsers need: they only run JavaScript as `text/javascript`. */
const BY_ENDING: ReadonlyMap<string, string> = new Map([
  ['cjs', 'text/javascript'],
  ['flac', 'audio/flac'],
]);

/** Types of text whose files are UTF-8 unless they say otherwise. JSON (RFC 8259 §8.1) and SVG need no parameter. */
const TEXT = /^text\//;

/** The content type of a file, with a charset for text. Takes its path; gives `application/octet-stream` if unknown. */
export function contentTypeOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  const ending = dot < 0 ? null : name.slice(dot + 1).toLowerCase();
  const type =
    BY_NAME.get(name) ??
    (ending === null ? null : (BY_ENDING.get(ending) ?? mime.getType(ending))) ??
    UNKNOWN;
  return TEXT.test(type) ? `${type}; charset=utf-8` : type;
}

/** Whether a content type is that of a page. */
export const isPage = (contentType: string): boolean =>
  /^(?:text\/html|application\/xhtml\+xml)(?:;|$)/.test(contentType);
