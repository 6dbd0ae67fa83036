/**
 * The signed statement of one deployment. It is made when somebody asks for it first, so that a deployment that nobody asks
 * about costs nothing. After that it never changes, unless the key was revoked that has signed it.
 */
import type { DsseEnvelope } from '@appflux/protocol';
import { sealStatement } from './envelope.ts';
import { isTrusted } from './key-ring.ts';
import { type KeyStore, readRing, signingRing } from './keys.ts';

/** Where the envelope of one deployment is kept. */
export interface EnvelopePlace {
  /** The envelope that is kept; null when there is none. */
  read(): DsseEnvelope | null;
  /** Keeps an envelope in the place of the one before: from this call on, `read` gives it. */
  write(envelope: DsseEnvelope): Promise<void>;
}

export class Attestations {
  readonly #place: EnvelopePlace;

  constructor(place: EnvelopePlace) {
    this.#place = place;
  }

  /**
   * The kept envelope, or a new one with the statement that `state` gives, which is asked only then; null when it gives
   * none. Simultaneous calls all get the same.
   */
  async get(keys: KeyStore, state: () => object | null): Promise<DsseEnvelope | null> {
    const kept = this.#place.read();
    if (kept !== null) {
      const ring = await readRing(keys);
      if (ring !== null && isTrusted(ring, signerOf(kept))) return kept;
    }
    const statement = state();
    if (statement === null) return null;
    const made = await sealStatement(statement, await signingRing(keys, Math.floor(Date.now() / 1000)));
    return this.#keep(made, kept);
  }

  /** Keeps the envelope in the place of `replaced`; what was kept meanwhile stays, and is given. */
  async #keep(envelope: DsseEnvelope, replaced: DsseEnvelope | null): Promise<DsseEnvelope> {
    const now = this.#place.read();
    if (now !== null && (replaced === null || signerOf(now) !== signerOf(replaced))) return now;
    await this.#place.write(envelope);
    return envelope;
  }
}

const signerOf = ({ signatures }: DsseEnvelope): string => signatures[0]?.keyid ?? '';
