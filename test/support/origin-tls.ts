import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { temporaryDirectory } from './temporary.ts';
import type { TemporaryDirectory } from './temporary.ts';

const run = promisify(execFile);

/**
 * Certificates a server can show. All but `self-signed` are issued by an authority made at
 * run time; `good`, `expired` and `self-signed` are for localhost and 127.0.0.1,
 * `wrong-name` is for another host.
 */
export type CertificateKind = 'good' | 'expired' | 'wrong-name' | 'self-signed';

/** A server's key and certificate, and the authority a client has to trust. */
export interface TlsIdentity {
  readonly kind: CertificateKind;
  readonly keyPem: string;
  readonly certPem: string;
  /** The issuer; for `self-signed` an authority that did not issue it. */
  readonly caPem: string;
}

interface Authority {
  readonly keyPem: string;
  readonly caPem: string;
}

let authority: Promise<Authority> | undefined;
const identities = new Map<CertificateKind, Promise<TlsIdentity>>();

/** Makes a certificate with the `openssl` command, once per kind and process. */
export function tlsIdentity(kind: CertificateKind): Promise<TlsIdentity> {
  const made = identities.get(kind) ?? makeIdentity(kind);
  identities.set(kind, made);
  return made;
}

async function makeIdentity(kind: CertificateKind): Promise<TlsIdentity> {
  const issuer = await (authority ??= makeAuthority());
  await using directory = await temporaryDirectory();
  const keyFile = await makeKey(directory);
  const extensions = directory.join('extensions');
  const names = kind === 'wrong-name' ? 'DNS:other.example' : 'DNS:localhost,IP:127.0.0.1,IP:::1';
  await writeFile(extensions, `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
  const request = directory.join('request.pem');
  await openssl('req', '-new', '-key', keyFile, '-subj', '/CN=haulyard test', '-out', request);
  await writeFile(directory.join('ca.pem'), issuer.caPem);
  await writeFile(directory.join('ca.key'), issuer.keyPem);
  const signer =
    kind === 'self-signed'
      ? ['-signkey', keyFile]
      : ['-CA', directory.join('ca.pem'), '-CAkey', directory.join('ca.key'), '-CAcreateserial'];
  const certificate = directory.join('certificate.pem');
  const days = kind === 'expired' ? '-1' : '2';
  const common = ['-req', '-in', request, '-extfile', extensions, '-days', days];
  await openssl('x509', ...common, ...signer, '-out', certificate);
  return {
    kind,
    keyPem: await readFile(keyFile, 'utf8'),
    certPem: await readFile(certificate, 'utf8'),
    caPem: issuer.caPem,
  };
}

async function makeAuthority(): Promise<Authority> {
  await using directory = await temporaryDirectory();
  const key = await makeKey(directory);
  const certificate = directory.join('ca.pem');
  const subject = ['-subj', '/CN=haulyard test authority', '-days', '2'];
  await openssl('req', '-new', '-x509', '-key', key, ...subject, '-out', certificate);
  return { keyPem: await readFile(key, 'utf8'), caPem: await readFile(certificate, 'utf8') };
}

async function makeKey(directory: TemporaryDirectory): Promise<string> {
  const file = directory.join('key.pem');
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file);
  return file;
}

async function openssl(...args: string[]): Promise<void> {
  try {
    await run('openssl', args);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const hint = missing ? ' The Debian package openssl brings it.' : '';
    throw new Error(`openssl ${args[0] ?? ''} failed.${hint}`, { cause: error });
  }
}
