// oxlint-disable-next-line import/no-unassigned-import -- it is imported for what it does, before the library that needs it
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** What a TLS server needs, and what its clients have to trust. */
export interface ServerCertificate {
  /** Where the authority lies. */
  folder: string;
  /** PEM of the private authority. */
  ca: string;
  caFile: string;
  /** PEM of the server certificate. */
  certificate: string;
  privateKey: string;
  /** Removes the authority again, unless it lies in a directory that was named. */
  discard(): Promise<void>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMilliseconds = 86_400_000;

interface Authority {
  certificate: x509.X509Certificate;
  privateKey: webcrypto.CryptoKey;
}

/**
 * Makes a server certificate for 127.0.0.1 and localhost, signed by the authority in `directory`.
 * An authority that is already there is used again, so that clients which trust it survive a restart.
 * Without a directory a fresh one below the system's temporary directory is used. `name` says whose it is, such as
 * `FortiGate simulator`.
 */
export async function makeServerCertificate(
  name: string,
  directory?: string,
  validDays = 365,
): Promise<ServerCertificate> {
  const folder =
    directory ?? (await mkdtemp(join(tmpdir(), `${name.toLowerCase().replaceAll(/\W+/g, '-')}-`)));
  await mkdir(folder, { recursive: true });
  const caFile = join(folder, 'ca.pem');
  const authority = await loadOrCreateAuthority(name, caFile, join(folder, 'ca-key.pem'));
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=127.0.0.1, O=${name}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(Date.now() - dayMilliseconds),
    notAfter: new Date(Date.now() + validDays * dayMilliseconds),
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  return {
    ca: authority.certificate.toString('pem'),
    caFile,
    folder,
    certificate: certificate.toString('pem'),
    privateKey: await exportKey(keys.privateKey),
    discard: async () => {
      if (directory === undefined) {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function loadOrCreateAuthority(name: string, caFile: string, keyFile: string): Promise<Authority> {
  const [pem, key] = await Promise.all([readOptional(caFile), readOptional(keyFile)]);
  if (pem !== undefined && key !== undefined) {
    const raw = x509.PemConverter.decodeFirst(key);
    return {
      certificate: new x509.X509Certificate(pem),
      privateKey: await webcrypto.subtle.importKey('pkcs8', raw, algorithm, true, ['sign']),
    };
  }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name} authority`,
    notBefore: new Date(Date.now() - dayMilliseconds),
    notAfter: new Date(Date.now() + 3650 * dayMilliseconds),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writeFile(keyFile, await exportKey(keys.privateKey), { mode: 0o600 });
  await writeFile(caFile, `${certificate.toString('pem')}\n`);
  return { certificate, privateKey: keys.privateKey };
}

async function readOptional(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** Positive and random, as path validation expects. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}
