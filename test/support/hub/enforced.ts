import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { makeServerCertificate } from '../../../lib/simulators/certificates.ts';

/** What makes the emulator check signatures and policies. It has to speak TLS then: the bootstrap's bucket refuses anything else. */
export interface Enforcement {
  /** For the emulator, and by it for the functions. */
  settings: Record<string, string>;
  /** For processes that speak to it. */
  environment: Record<string, string>;
}

/** Makes an authority for this run, and lets this process trust it too. */
export async function prepareEnforcement(directory: string): Promise<Enforcement> {
  const { ca, certificate, privateKey } = await makeServerCertificate('AWS emulator', join(directory, 'tls'));
  const [certificateFile, keyFile, trustFile] = ['server.pem', 'key.pem', 'trusted.pem'].map((name) =>
    join(directory, 'tls', name),
  ) as [string, string, string];
  await writeFile(certificateFile, certificate);
  await writeFile(keyFile, privateKey, { mode: 0o600 });
  // Whoever trusts an authority of his own already, such as a proxy's, goes on to do so.
  const known = process.env['NODE_EXTRA_CA_CERTS'];
  await writeFile(trustFile, `${known === undefined ? '' : await readFile(known, 'utf8')}\n${ca}\n`);
  setDefaultCACertificates([...getCACertificates('default'), ca]);
  const trust = { NODE_EXTRA_CA_CERTS: trustFile };
  return {
    settings: {
      AUTH: 'true',
      USE_SSL: '1',
      MINISTACK_SSL_CERT: certificateFile,
      MINISTACK_SSL_KEY: keyFile,
      ...trust,
    },
    // The CDK's command line asks the second one first.
    environment: { ...trust, AWS_CA_BUNDLE: trustFile },
  };
}

/** Credentials of a role that was taken. */
export interface Taken {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}
