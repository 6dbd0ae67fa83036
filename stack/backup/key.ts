/**
 * The key of a backup: one age identity, which encrypts everything in the backup. It lies in the backup itself, protected
 * by a passphrase or by the operator's own age recipients. Source: https://age-encryption.org/v1
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { StackProblem } from '../problem.ts';

/** What protects the key of a new backup. */
export type Protection =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'recipients'; readonly recipients: readonly string[] };

/** What somebody can offer to open a backup: a passphrase, or age identities. */
export interface Unlock {
  readonly passphrase?: string;
  readonly identities?: readonly string[];
}

/** How many bytes of an HMAC name a chunk. */
const ID_BYTES = 20;

export class BackupKey {
  /** The age identity, as text. Anyone who has it can read the backup. */
  readonly identity: string;
  readonly #recipient: string;
  readonly #idKey: Buffer;

  private constructor(identity: string, recipient: string) {
    this.identity = identity;
    this.#recipient = recipient;
    this.#idKey = Buffer.from(hkdfSync('sha256', identity, '', 'appflux backup chunk ids', 32));
  }

  /** The key with this identity, or a new one. */
  static async of(identity?: string): Promise<BackupKey> {
    const own = identity ?? (await generateX25519Identity());
    return new BackupKey(own, await identityToRecipient(own));
  }

  /**
   * Encrypts. The recipient is written nowhere, so only those who have the key can make what `open` accepts.
   */
  async seal(bytes: Uint8Array): Promise<Uint8Array> {
    const encrypter = new Encrypter();
    encrypter.addRecipient(this.#recipient);
    return encrypter.encrypt(bytes);
  }

  /** Decrypts `name`. @throws StackProblem `backup_damaged` */
  async open(bytes: Uint8Array, name: string): Promise<Uint8Array> {
    const decrypter = new Decrypter();
    decrypter.addIdentity(this.identity);
    try {
      return await decrypter.decrypt(bytes);
    } catch (error) {
      throw new StackProblem(
        'backup_damaged',
        `The backup is damaged: ${name} can't be decrypted`,
        'use another copy of the backup',
        { cause: error },
      );
    }
  }

  /** The name of a chunk by its content: a keyed hash, so that names reveal nothing about content. */
  idOf(chunk: Uint8Array): string {
    return createHmac('sha256', this.#idKey).update(chunk).digest().subarray(0, ID_BYTES).toString('hex');
  }
}

/** Encrypts a key for the people who may open the backup. @throws StackProblem `arguments_invalid` */
export async function protectKey(key: BackupKey, protection: Protection): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  if (protection.kind === 'passphrase') encrypter.setPassphrase(protection.passphrase);
  else {
    for (const recipient of protection.recipients) {
      try {
        encrypter.addRecipient(recipient);
      } catch (error) {
        throw new StackProblem(
          'arguments_invalid',
          `"${recipient}" is not an age recipient`,
          'give a public key that begins with age1, as age-keygen prints it',
          { cause: error },
        );
      }
    }
  }
  return encrypter.encrypt(key.identity);
}

/** Opens a protected key. @throws StackProblem `backup_locked` when nothing that was given opens it */
export async function unprotectKey(bytes: Uint8Array, unlock: Unlock): Promise<BackupKey> {
  const decrypter = new Decrypter();
  if (unlock.passphrase !== undefined) decrypter.addPassphrase(unlock.passphrase);
  for (const identity of unlock.identities ?? []) {
    try {
      decrypter.addIdentity(identity);
    } catch (error) {
      throw new StackProblem(
        'arguments_invalid',
        'The identity file holds something else than age identities',
        'give the file that age-keygen wrote',
        { cause: error },
      );
    }
  }
  try {
    return await BackupKey.of((await decrypter.decrypt(bytes, 'text')).trim());
  } catch (error) {
    throw new StackProblem(
      'backup_locked',
      "The backup can't be opened: wrong passphrase or identity, or a damaged key",
      'set APPFLUX_BACKUP_PASSPHRASE, or give --identity FILE if it was made with --recipient',
      { cause: error },
    );
  }
}
