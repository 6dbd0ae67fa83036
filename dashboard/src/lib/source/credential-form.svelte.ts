import { type AppFluxError, SetSourceCredential } from '@appflux/protocol';
import { FieldRefusals } from '#lib/api/field-refusals.svelte.ts';

/** How a private repository is reached: without anything, by a token, by one's own key, or by a new key pair. */
export type CredentialChoice = 'none' | 'token' | 'ssh' | 'generate';

/** The form of the credential of a private repository. Its values must never be stored in the browser. */
export class CredentialForm {
  choice = $state<CredentialChoice>('none');
  username = $state('');
  token = $state('');
  privateKey = $state('');
  knownHosts = $state('');
  readonly #refusals = new FieldRefusals();

  constructor(choice: CredentialChoice = 'none') {
    this.choice = choice;
  }

  /** What is wrong with each field, as far as this page knows or the server has said. */
  get problems() {
    const own = this.#ownProblems;
    return {
      username: own.username ?? this.#refused('username'),
      token: own.token ?? this.#refused('token'),
      privateKey: own.privateKey ?? this.#refused('privateKey'),
      knownHosts: own.knownHosts ?? this.#refused('knownHosts'),
    };
  }

  /** Whether it can be sent. What the server refused may be sent again: the reason may be gone. */
  get valid(): boolean {
    return Object.values(this.#ownProblems).every((problem) => problem === null);
  }

  get #ownProblems() {
    const credential = this.#value();
    const issues = new Map<string, string>();
    if (credential !== null) {
      for (const { path, message } of SetSourceCredential.safeParse(credential).error?.issues ?? [])
        issues.set(String(path[0]), message);
    }
    const blankToken = this.choice === 'token' && this.token.trim() === '';
    return {
      username: issues.get('username') ?? null,
      token: blankToken ? 'Enter a token.' : (issues.get('token') ?? null),
      privateKey: this.choice === 'ssh' ? this.#keyProblem() : null,
      knownHosts: issues.get('knownHosts') ?? null,
    };
  }

  /** The request body; null if there is nothing to set, or a key pair is generated. */
  toCredential(): SetSourceCredential | null {
    return this.#value();
  }

  /** The host keys for a new key pair. */
  toKeyRequest(): { knownHosts?: string } {
    const knownHosts = this.knownHosts.trim();
    return knownHosts === '' ? {} : { knownHosts };
  }

  /** Shows what the server refused at its fields. */
  refuse(error: AppFluxError): void {
    const { username, token, privateKey, knownHosts } = this;
    this.#refusals.set(error, { username, token, privateKey, knownHosts });
  }

  /** Forgets the secrets, such as after they were saved. */
  clear(): void {
    this.token = '';
    this.privateKey = '';
  }

  #refused(field: 'username' | 'token' | 'privateKey' | 'knownHosts'): string | null {
    return this.#refusals.of(field, this[field]);
  }

  #keyProblem(): string | null {
    const key = this.privateKey.trim();
    if (key === '') return 'Paste a private key.';
    if (/^ssh-|^ecdsa-/.test(key)) return 'This is a public key. Paste the private one.';
    return /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(key)
      ? null
      : 'A private key begins with -----BEGIN … PRIVATE KEY-----.';
  }

  #value(): SetSourceCredential | null {
    if (this.choice === 'token') {
      const username = this.username.trim();
      return { kind: 'token', token: this.token.trim(), ...(username && { username }) };
    }
    if (this.choice === 'ssh')
      return { kind: 'ssh', privateKey: `${this.privateKey.trim()}\n`, ...this.toKeyRequest() };
    return null;
  }
}
