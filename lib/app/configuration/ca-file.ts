import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import type { ConfigurationFiles } from './files.ts';
import type { Report } from './report.ts';
import type { DocumentPath } from './source/path.ts';

/** Longest PEM file; a bundle of a hundred certificates is below it. */
const maxLength = 512 * 1024;

/** Text of a PEM file that holds one or more certificates and nothing secret; otherwise reports why not. */
export async function readCaFile(
  at: DocumentPath,
  name: unknown,
  { report, files }: { report: Report; files: ConfigurationFiles },
): Promise<string | undefined> {
  if (typeof name !== 'string' || name === '') {
    report.problem(at, 'the name of a PEM file belongs there');
    return undefined;
  }
  const location = path.resolve(path.dirname(report.fileOf(at)), name);
  const kind = await files.kind(location);
  if (kind !== 'file') {
    report.problem(at, kind === 'missing' ? `there is no file ${location}` : `${location} is a folder`);
    return undefined;
  }
  const text = await files.readText(location).catch((error: Error) => error);
  const wrong = text instanceof Error ? `cannot be read: ${text.message}` : unfit(text);
  if (wrong !== undefined) report.problem(at, `${location} ${wrong}`);
  return wrong !== undefined || text instanceof Error ? undefined : text;
}

function unfit(text: string): string | undefined {
  if (text.length > maxLength) return `is longer than ${maxLength} characters`;
  // It would be stored with the configuration.
  if (text.includes('PRIVATE KEY-----')) return 'holds a private key; only certificates belong there';
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (certificates === null) return 'holds no PEM certificate (-----BEGIN CERTIFICATE-----)';
  for (const [index, pem] of certificates.entries()) {
    if (!isCertificate(pem)) return `holds a damaged certificate, number ${index + 1}`;
  }
  return undefined;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
