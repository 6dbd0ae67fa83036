export { type Reached, reach } from './access.ts';
export { type Credential, openCredential } from './credential.ts';
