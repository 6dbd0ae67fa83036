/**
 * Whether a file's name contains a hash of its content, so that the file never changes under that name. Pure. A hash that
 * isn't recognized costs a revalidation; a name that is taken for one would show an old file for a year. So what could be
 * words, a version, a date or a size counts as none.
 */

/** Folders that contain nothing but files named by their content: of Next.js, SvelteKit, Astro and Expo. */
const IMMUTABLE_FOLDERS = /^(?:.+\/)?(?:_next\/static|_app\/immutable|_astro|_expo\/static)\//;

/** Pages, descriptions of apps, what is found under a fixed URL, and names without an ending. */
const NEVER = /(?:\.(?:html?|xhtml|webmanifest|appcache|txt|xml|rss|atom)|(?:^|\/)[^/.]+)$/i;

/** An ending. Several may follow the hash: `app.3f2a1b4c.min.js`, `main.3f2a1b4c.chunk.js.map`. */
const ENDING = /\.[A-Za-z0-9]{1,6}$/;
const MOST_ENDINGS = 4;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** Hexadecimal digests, whole or cut to a length that tools use. */
const HEX = /^(?=.*\d)(?=.*[a-f])[0-9a-f]+$/;
const HEX_LENGTHS: ReadonlySet<number> = new Set([8, 10, 12, 16, 20, 24, 32, 40, 56, 64, 96, 128]);

/** `cafe2026`: a word and a number. */
const HEX_WORD = /^[bcdf]*[ae][a-f]+\d+$/;

/** Eight characters of base64url (Rollup, Vite) behind a separator; in Nuxt's folder they may be the whole name. */
const SHORT = /[-.~]([\w-]{8})$/;
const WHOLE_SHORT = /(?:^|\/)_nuxt\/(?:[^/]+\/)*([\w-]{8})\.[a-z]+$/;

/** Eight characters of base32, of esbuild and Angular, in names that only they generate. */
const ESBUILD =
  /(?:^|\/)(?:chunk|main|polyfills|styles|scripts|index|worker)-[A-Z2-7]{8}\.(?:m?js|css)(?:\.map)?$/;

/** Takes the path of a site's file, with or without a leading slash. */
export function isHashedName(path: string): boolean {
  if (NEVER.test(path) || UUID.test(path)) return false;
  if (IMMUTABLE_FOLDERS.test(path.replace(/^\//, '')) || ESBUILD.test(path)) return true;
  const whole = WHOLE_SHORT.exec(path)?.[1];
  if (whole !== undefined && isShortHash(whole)) return true;
  let stem = path.slice(path.lastIndexOf('/') + 1);
  for (let n = 0; n < MOST_ENDINGS && ENDING.test(stem); n += 1) {
    stem = stem.replace(ENDING, '');
    if (endsWithHash(stem)) return true;
  }
  return false;
}

/**
 * The same path for what differs only in the hash of its content, such as `app-*.js` for `app-DiwrgTda.js`. A path
 * without a hash, or whose name is nothing but one, stays as it is.
 */
export function withoutHash(path: string): string {
  if (!isHashedName(path)) return path;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const name = path.slice(folder.length);
  let stem = name;
  for (let n = 0; n < MOST_ENDINGS && ENDING.test(stem); n += 1) {
    stem = stem.replace(ENDING, '');
    const hash = SHORT.exec(stem)?.[1] ?? '';
    const isShort = isShortHash(hash) || (hash !== '' && ESBUILD.test(path));
    const kept = isShort ? stem.slice(0, -hash.length) : endsWithHash(stem) && stem.replace(/[^-._~]+$/, '');
    if (kept) return `${folder}${kept}*${name.slice(stem.length)}`;
  }
  return path;
}

function endsWithHash(stem: string): boolean {
  const [, before, last = ''] = /^(.*[-._~])?(.*)$/.exec(stem) ?? [];
  const isDigest = HEX_LENGTHS.has(last.length) && HEX.test(last) && !HEX_WORD.test(last);
  // A short name such as `a1b2c3d4.png` is one that somebody chose.
  if (isDigest && (before !== undefined || last.length >= 16)) return true;
  const short = SHORT.exec(stem)?.[1];
  return short !== undefined && isShortHash(short);
}

/** Sizes, versions, years and systems, which names of files have at their end: `1280x720`, `Win10x64`. */
const TECHNICAL =
  /\d+x\d+|[vV]?\d+(?:px|dpi|fps|kbps|bit|th|st|nd|rd|beta|alpha|rc|[xpkKDdmMsS])?(?![A-Za-z])|x(?:64|86)|arm64|amd64|i386|[Ww]in(?:32|64|10|11)|mp[34]|h26[45]/g;

/** Acronyms that names of files have. */
const ACRONYM =
  /HTML|CSS|JSON|XML|SVG|PNG|JPG|PDF|API|URL|FAQ|CTA|SDK|CDN|DOM|GIF|USA|CEO|VIP|DIY|LED|QR|UI|UX|OS|TV|UK|EU|US|AI|ID|IP|HD|JS|TS|VR|AR|IMG|DSC|PXL|MOV|GPS|USB/g;

/** What words begin and end with, roughly: what can be spoken. */
const ONSET =
  '(?:bl|br|ch|cl|cr|dr|fl|fr|gh|gl|gr|kn|ph|pl|pr|qu|rh|sc|sch|scr|sh|shr|sk|sl|sm|sn|sp|spl|spr|st|str|sw|th|thr|tr|tw|wh|wr|[b-df-hj-np-tv-xz])?';
const CODA =
  '(?:[b-df-hj-np-tv-xz]{0,2}|cks|cts|lts|nct|mpts|njs|fts|ght|lds|lth|mps|nch|nds|ngs|nks|nth|nts|pts|rch|rds|rks|rld|rms|rns|rps|rst|rth|rts|sks|sts|tch|tts|xts|rls|lls|sms)';
const SPOKEN = new RegExp(`^${ONSET}[aeiouy]{1,3}(?:[b-df-hj-np-tv-xz]{1,4}[aeiouy]{1,3})*${CODA}$`, 'i');
const SHORT_WORDS = /^(?:of|in|on|to|my|no|go|up|at|by|is|it|or|as|an|os|ui|io|id|db)$/i;

/** The words of CamelCase. */
const CAMEL = /[A-Z]?[a-z]+/g;

/** Eight random characters, as opposed to words and numbers. */
function isShortHash(text: string): boolean {
  const hasUpper = /[A-Z]/.test(text);
  const hasLower = /[a-z]/.test(text);
  const hasDigit = /\d/.test(text);
  if (!hasUpper && !(hasLower && hasDigit)) return false;
  const parts = text.split(/[-_]/);
  // `IMG_1234`, `Home-new`: what people put a separator between.
  if (parts.length > 1 && parts.every((part) => /^(?:[A-Z]?[a-z]*|[A-Z]+|\d+)$/.test(part))) return false;
  if (parts.every(isWordy)) return false;
  // Upper case only: an abbreviation and a number, such as `DSC12345`, or a word.
  if (!hasLower) return hasDigit && !/^(?:[A-Z]+\d+|\d+[A-Z]+)$/.test(text);
  // Lower case and digits only: a hash changes between them more often than a measure.
  return hasUpper || (text.match(/\d(?=\D)|\D(?=\d)/g)?.length ?? 0) >= 4;
}

/** Whether a text consists of words, acronyms and numbers alone. */
function isWordy(text: string): boolean {
  const rest = [TECHNICAL, ACRONYM, /^[iex](?=[A-Z])/, /\d+/g].reduce(
    // What is taken out separates what is around it.
    (left, pattern) => left.replace(pattern, '-'),
    text,
  );
  if (!/^-*$/.test(rest.replace(CAMEL, ''))) return false;
  const words = rest.match(CAMEL) ?? [];
  const isWord = (word: string) => (word.length < 3 ? SHORT_WORDS : SPOKEN).test(word);
  // Abbreviations have no vowel, but stand beside words: `FrameTtl`, `OsStrExt`.
  const hasWord =
    words.length > 1 && words.some((word) => (word.length > 3 || words.length > 2) && isWord(word));
  return words.every((word) => isWord(word) || (hasWord && /^[A-Z]..+/.test(word)));
}
