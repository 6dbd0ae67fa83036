/**
 * The `.sig` file that Tauri writes beside a bundle (https://v2.tauri.app/plugin/updater/#signing-updates): a minisign
 * signature (https://jedisct1.github.io/minisign/#signature-format) in base64. Only the app can verify it, because only
 * the app has the public key; here its form is checked.
 */
import { UpdateFacts } from '@appflux/protocol';
import type { FoundFile } from '../safe-file.ts';
import { smallText } from '../small-text.ts';

const MAX_BYTES = 4096;

/** What the path of a bundle for macOS says of it; empty for other bundles, whose names say it. */
type MacFacts = Readonly<Partial<{ platform: 'macos'; arch: string }>>;

export type Signature =
  | { readonly ok: true; readonly text: string; readonly facts: MacFacts }
  | { readonly ok: false; readonly problem: string };

/** The signature beside a file; null if there is none. */
export async function signatureOf(file: FoundFile): Promise<Signature | null> {
  const text = await smallText(`${file.real}.sig`, MAX_BYTES);
  return text === null ? null : checkedSignature(text.trim(), file.path);
}

/** Checks the text of a `.sig` file, which is not for us to trust. */
export function checkedSignature(text: string, path: string): Signature | null {
  const lines = Buffer.from(text, 'base64').toString('utf8').split('\n');
  // Other tools write files of that name as well.
  if (lines[0]?.startsWith('untrusted comment:') !== true) return null;
  if (!isMinisign(lines)) return { ok: false, problem: 'it is not a complete minisign signature.' };
  if (UpdateFacts.shape.signature.parse(text) === undefined) {
    return {
      ok: false,
      problem: `it has ${text.length} characters, and the limit is 500. Shorten productName in tauri.conf.json.`,
    };
  }
  return { ok: true, text, facts: macFacts(path) };
}

/** The algorithm (2 bytes), the key's id (8) and an Ed25519 signature (64); a comment; a signature of both. */
function isMinisign([, signature = '', comment = '', global = '']: readonly string[]): boolean {
  const bytes = Buffer.from(signature, 'base64');
  const algorithm = bytes.toString('latin1', 0, 2);
  return (
    bytes.length === 74 &&
    (algorithm === 'Ed' || algorithm === 'ED') &&
    comment.startsWith('trusted comment: ') &&
    Buffer.from(global, 'base64').length === 64
  );
}

/** Rust's names for processors in the target folder, and ours. Bundles for macOS have no processor in their name. */
const MAC_TARGETS: Readonly<Record<string, string>> = {
  aarch64: 'arm64',
  x86_64: 'x64',
  universal: 'universal',
};

function macFacts(path: string): MacFacts {
  if (!path.endsWith('.app.tar.gz')) return {};
  const target = /(?:^|\/)(aarch64|x86_64|universal)-apple-darwin\//.exec(path)?.[1] ?? '';
  const arch = MAC_TARGETS[target];
  return { platform: 'macos', ...(arch === undefined ? {} : { arch }) };
}
