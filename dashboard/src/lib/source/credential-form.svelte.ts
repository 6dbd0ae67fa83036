import { SetSourceCredential } from '@appflux/protocol';

/** How a private repository is reached: without anything, by a token, by one's own key, or by a new key pair. */
export type CredentialChoice = 'none' | 'token' | 'ssh' | 'generate';

/** The form of the credential of a private repository. Its values must never be stored in the browser. */
export class CredentialForm {
  choice = $state<CredentialChoice>('none');
  username = $state('');
  token = $state('');
  privateKey = $state('');
  knownHosts = $state('');

  constructor(choice: CredentialChoice = 'none') {
    this.choice = choice;
  }

  get problems() {
    const issues = new Map<string, string>();
    const credential = this.#value();
    if (credential !== null) {
      for (const { path, message } of SetSourceCredential.safeParse(credential).error?.issues ?? [])
        issues.set(String(path[0]), message);
    }
    const wants = this.choice;
    return {
      username: issues.get('username') ?? null,
      token: wants === 'token' && this.token.trim() === '' ? 'Enter a token.' : (issues.get('token') ?? null),
      privateKey: wants === 'ssh' ? this.#keyProblem() : null,
      knownHosts: issues.get('knownHosts') ?? null,
    };
  }

  get valid(): boolean {
    return Object.values(this.problems).every((problem) => problem === null);
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

  /** Forgets the secrets, such as after they were saved. */
  clear(): void {
    this.token = '';
    this.privateKey = '';
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
