/** Decides whether a variable is sensitive if nobody has chosen. Pure. When in doubt, it is. */

/** The decision, and why, for people. */
export interface Sensitivity {
  readonly sensitive: boolean;
  /** A phrase without a full stop. */
  readonly reason: string;
}

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Words of a name that announce a secret. */
const SECRET_WORDS = words(
  'TOKEN TOKENS SECRET SECRETS PASSWORD PASSWORDS PASSWD PASS PASSPHRASE PASSCODE PWD PW KEY KEYS CREDENTIAL CREDENTIALS CREDS DSN SALT PEPPER JWT BEARER MNEMONIC WEBHOOK KEYSTORE COOKIE PIN OTP PAT SEED HMAC PRIVATE',
);
/** Longer words that end in a secret one, such as GITHUBTOKEN or APIKEY. */
const SECRET_ENDING = /(?:TOKEN|SECRET|PASSWORD|PASSWD|KEY|CREDENTIALS)$/;
/** Announce a secret only as the last word of a name. */
const SECRET_LAST_WORDS = words('AUTH SIGNATURE CONNECTIONSTRING CONNSTR');
/** As the last word of a name, they say that the value describes a secret and isn't one: TOKEN_EXPIRY, KEY_ID. */
const DESCRIPTIONS = words(
  'URL URI HOST HOSTNAME DOMAIN PORT ENDPOINT PATH FILE DIR DIRECTORY NAME ID ENABLED DISABLED REQUIRED EXPIRY EXPIRES EXPIRATION TTL AGE TIMEOUT LENGTH SIZE TYPE ALGORITHM ALG ISSUER AUDIENCE HEADER PREFIX VERSION COUNT MIN MAX LIMIT REGION MODE PROVIDER METHOD SCOPE SCOPES ROUNDS IN POLICY FORMAT',
);
/** As the last word of a name, they explain a hexadecimal value that is no secret. */
const DIGESTS = words('SHA SHA1 SHA256 HASH COMMIT REVISION REV REF DIGEST CHECKSUM BUILD ETAG');
/** Frameworks copy variables with these prefixes into what every visitor downloads. */
const PUBLIC_PREFIX =
  /^(?:NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|PUBLIC|VITE|REACT_APP|VUE_APP|GATSBY|NG_APP|STORYBOOK)_/;

/** A switch, whatever its name. */
const SWITCH = /^(?:true|false|yes|no|on|off|enabled?|disabled?|none|null|undefined|[01])$/i;
const NUMBER = /^[-+]?\d+(?:[.,_]\d+)*(?:ms|s|m|h|d|k|kb|mb|gb|%|px)?$/i;
const VERSION = /^[v^~<>=]*\d+(?:\.[\dx*]+)+(?:[-+][\w.-]*)?$/i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const PRIVATE_KEY =
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|^PuTTY-User-Key-File|AGE-SECRET-KEY-1/;
const PUBLIC_BLOCK = /^\s*-----BEGIN (?:CERTIFICATE|(?:[A-Z0-9]+ )*PUBLIC KEY(?: BLOCK)?)-----/;
const PUBLIC_VALUE = /^(?:pk_(?:live|test)_|ssh-(?:rsa|ed25519) |ecdsa-sha2-)/;
/** How services start the tokens that they issue, so that scanners recognize them. */
const TOKEN_PREFIXES = [
  'gh[pousr]_|github_pat_|gl(?:pat|dt|rt|cbt|ptt|soat|agent)-|ATBB|ATATT3',
  '[sr]k_(?:live|test)_|whsec_|xox[abeoprs]-|xapp-|npm_|pypi-|dckr_[po]at_|rubygems_|nf[pcu]_',
  'AKIA|ASIA|ABIA|AIza|ya29\\.|GOCSPX-|1//0|SG\\.|sk-|hf_|gsk_|r8_|do[opr]_v1_|shp(?:at|ss|ca|pa)_|EAA',
  'lin_(?:api|oauth)_|figd_|sntry[su]_|glsa_|glc_|hv[sbr]\\.|sbp_|pscale_|rnd_|fo1_|tfp_|dp\\.[a-z]{2,8}\\.|PMAK-',
].join('|');
const TOKEN = new RegExp(
  `^(?:(?:${TOKEN_PREFIXES})[\\w./+=-]{16,}|eyJ[\\w-]{8,}\\.[\\w-]+\\.|\\d{8,10}:[\\w-]{35}$|(?:Bearer|Basic|Token|Digest) \\S+$)`,
);
/** A URL with a user or a password, or with a parameter whose name announces a secret. */
const CREDENTIALS_IN_URL =
  /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*@|[?&#][\w.-]{0,40}(?:token|secret|passw|pwd|key|sig|auth|credential)[\w.-]{0,40}=[^&\s]/i;
const CAPABILITY_URL =
  /^https:\/\/(?:hooks\.slack\.com\/|(?:\w+\.)?discord(?:app)?\.com\/api\/webhooks\/|[\w.-]+\.webhook\.office\.com\/)/i;
/** `Server=db;Password=x`, `user:password@tcp(db)`, `//registry/:_authToken=x`, `"private_key": "x"`. */
const CREDENTIALS_IN_TEXT =
  /(?:^|[;\s"',{:_-])(?:pass(?:word|wd)?|pwd|secret|(?:auth|access)?_?token|api_?key|private_key|account_?key)"?\s*[=:]\s*\S|^[^\s:/@]+:[^\s/@]+@/i;

const says = (sensitive: boolean, reason: string): Sensitivity => ({ sensitive, reason });

/**
 * Decides whether a variable's value is masked in logs and records, from its name and value.
 * An explicit choice of a person takes precedence; this function doesn't know of it.
 */
export function sensitivityOf(name: string, value: string): Sensitivity {
  const text = value.trim();
  if (text === '') return says(false, 'it is empty');
  const certain = certainOf(text);
  if (certain !== null) return certain;
  if (SWITCH.test(text)) return says(false, 'it is a switch');
  const parts = wordsOf(name);
  if (announcesSecret(parts) && !isUrl(text)) return says(true, 'its name announces a secret');
  if (parts.includes('WEBHOOK') && isUrl(text)) return says(true, 'it is a URL that gives access');
  return byValue(parts.at(-1) ?? '', text);
}

/** What the form of a value decides, whatever its name; null if it leaves that open. */
function certainOf(text: string): Sensitivity | null {
  if (PRIVATE_KEY.test(text)) return says(true, 'it contains a private key');
  if (PUBLIC_BLOCK.test(text) || PUBLIC_VALUE.test(text)) return says(false, 'it is a public key');
  if (TOKEN.test(text)) return says(true, 'it has the form of a token');
  if (CREDENTIALS_IN_URL.test(text)) return says(true, 'it is a URL with credentials');
  if (CAPABILITY_URL.test(text)) return says(true, 'it is a URL that gives access');
  if (CREDENTIALS_IN_TEXT.test(text)) return says(true, 'it contains credentials');
  return null;
}

/** `githubToken` and `GITHUB_TOKEN` are the same two words. */
function wordsOf(name: string): string[] {
  const spaced = name.replace(PUBLIC_PREFIX, '').replace(/([a-z0-9])([A-Z])/g, '$1_$2');
  return spaced
    .toUpperCase()
    .split('_')
    .filter((word) => word !== '');
}

function announcesSecret(parts: readonly string[]): boolean {
  const last = parts.at(-1) ?? '';
  // The shell's working directory, and the one before it.
  if (parts.length === 1 && (last === 'PWD' || last === 'OLDPWD')) return false;
  if (DESCRIPTIONS.has(last)) return false;
  if (parts.at(-2) === 'CONNECTION' && last === 'STRING') return true;
  return (
    SECRET_LAST_WORDS.has(last) || parts.some((word) => SECRET_WORDS.has(word) || SECRET_ENDING.test(word))
  );
}

/** @param last the last word of the name */
function byValue(last: string, text: string): Sensitivity {
  if (NUMBER.test(text) || VERSION.test(text)) return says(false, 'it is a number or a version');
  if (DIGESTS.has(last) && /^[0-9a-f]{7,128}$/i.test(text)) return says(false, 'it is a checksum');
  if (last === 'ID' && UUID.test(text)) return says(false, 'it is an id');
  if (/\n/.test(text)) return says(true, 'it has several lines');
  if (isPassword(text)) return says(true, 'it looks like a password');
  if (UUID.test(text) || text.split(/[^A-Za-z0-9]+/).some(isRandom) || isRandomBase64(text)) {
    return says(true, 'it looks random');
  }
  return says(false, 'its value is plain');
}

const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text);

/** Small and capital letters, digits, and a character that identifiers, paths and versions don't contain. */
function isPassword(text: string): boolean {
  if (/\s/.test(text) || text.length < 8 || isUrl(text)) return false;
  return [/[a-z]/, /[A-Z]/, /\d/, /[^\w\s.,:/@+=~<>*-]/].every((kind) => kind.test(text));
}

/**
 * Whether letters and digits look generated: many of them, and digits, small and capital letters alternate often.
 * The limits are chosen so that names in camel case and numbered names don't (sensitive.test.ts).
 */
function isRandom(word: string): boolean {
  if (word.length < 16 || !/[A-Za-z]/.test(word) || new Set(word).size < 8) return false;
  let changes = 0;
  for (let at = 1; at < word.length; at += 1) {
    const before = kindOf(word.charCodeAt(at - 1));
    const kind = kindOf(word.charCodeAt(at));
    // A small letter after a capital one is how names start.
    if (kind !== before && !(before === 'capital' && kind === 'small')) changes += 1;
  }
  if (/\d/.test(word)) return changes >= 0.15 * word.length;
  const capitals = word.replace(/[^A-Z]/g, '').length / word.length;
  return changes >= 0.2 * word.length && capitals >= 0.3 && capitals <= 0.7;
}

/** The same for base64, whose signs would cut it into short words. Names of hosts and files have one case. */
function isRandomBase64(text: string): boolean {
  if (!/^[\w+/-]+={0,2}$/.test(text) || !/[a-z]/.test(text) || !/[A-Z]/.test(text)) return false;
  return isRandom(text.replace(/[^A-Za-z0-9]/g, ''));
}

function kindOf(code: number): 'digit' | 'small' | 'capital' {
  if (code < 0x3a) return 'digit';
  return code < 0x5b ? 'capital' : 'small';
}
