// oxlint-disable-next-line import/no-unassigned-import -- it is imported for what it does, before the library that needs it
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;

/** A certificate with its key, as PEM; an authority can sign others. */
export interface Identity {
  certificate: string;
  privateKey: string;
  x509: x509.X509Certificate;
  key: webcrypto.CryptoKey;
}

interface CertificateRequest {
  name: string;
  /** Its issuer; itself when there is none. */
  signedBy?: Identity;
  authority?: boolean;
  /** Names and addresses it is good for. */
  for?: readonly { type: 'ip' | 'dns'; value: string }[];
  /** Days from now. */
  days?: { from: number; to: number };
}

/** Makes a certificate of any kind, good and bad ones. */
export async function certify(request: CertificateRequest): Promise<Identity> {
  const { name, signedBy, authority = false, days = { from: -1, to: 30 } } = request;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const subject = `CN=${name}`;
  const usage = authority
    ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
    : x509.KeyUsageFlags.digitalSignature;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    subject,
    issuer: signedBy?.x509.subject ?? subject,
    notBefore: new Date(Date.now() + days.from * day),
    notAfter: new Date(Date.now() + days.to * day),
    publicKey: keys.publicKey,
    signingKey: signedBy?.key ?? keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(authority, undefined, true),
      new x509.KeyUsagesExtension(usage, true),
      ...(request.for ? [new x509.SubjectAlternativeNameExtension([...request.for])] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: certificate.toString('pem'),
    privateKey: x509.PemConverter.encode(key, 'PRIVATE KEY'),
    x509: certificate,
    key: keys.privateKey,
  };
}
