/** Makes a registry's answers point at the proxy, while they stream through. */
import { Transform } from 'node:stream';

/** No tarball address is longer than this before its path begins, whitespace and escapes included. */
const LONGEST_MATCH = 1_024;

/**
 * A stream that changes the value of every `"tarball"` member in JSON text from below `upstream` to below `proxy` (both
 * URLs that end with a slash), with nothing kept in memory but the last kilobyte. In JSON text the six characters
 * `"tarball"` cannot lie inside a string, where its quotes would be escaped: what matches is a member's name.
 */
export function rewriteTarballs(upstream: URL, proxy: string): Transform {
  const member = tarballPattern(upstream);
  const replacement = `$1${proxy}`;
  let held = '';
  return new Transform({
    // latin1 maps every byte to one character and back, so that text in UTF-8 passes unharmed and cut anywhere.
    transform(chunk: Buffer, _encoding, done) {
      const text = (held + chunk.toString('latin1')).replace(member, replacement);
      const cut = Math.max(0, text.length - LONGEST_MATCH);
      held = text.slice(cut);
      done(null, Buffer.from(text.slice(0, cut), 'latin1'));
    },
    flush(done) {
      done(null, Buffer.from(held, 'latin1'));
    },
  });
}

/** Either scheme, since registries behind a TLS terminator name the wrong one; slashes may be escaped in JSON. */
function tarballPattern(upstream: URL): RegExp {
  const below = `//${upstream.host}${upstream.pathname}`
    .split('/')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('\\\\?/');
  return new RegExp(`("tarball"\\s{0,64}:\\s{0,64}")https?:${below}`, 'g');
}
