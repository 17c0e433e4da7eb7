import { utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { ZonebridgeError } from '../errors.ts';

/** Form of manifests and contents; another one is refused. */
export const wayBackVersion = 1;

/** One producer's objects as they lie in the store: in which version, and what they hash to. */
const part = z.strictObject({
  producer: z.string().min(1).max(60),
  /** Version that the store gave the contents; only this one is read. */
  version: z.string().min(1).max(1024),
  /** SHA-256 of the contents, 64 hex digits. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ManifestPart = z.infer<typeof part>;
export const manifestParts = z.array(part).max(50);

const manifest = z.strictObject({
  format: z.number(),
  /** Id of the cluster, `account|region|name`. */
  cluster: z.string().max(200),
  /** Rises with every change. */
  generation: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
  parts: manifestParts,
});
export type Manifest = z.infer<typeof manifest>;

const envelope = z.strictObject({
  /** JSON text of the manifest, exactly as it was signed. */
  manifest: z.string().max(200_000),
  /** Base64 of a DER-encoded ECDSA signature over P-256 and SHA-256. */
  signature: z.string().max(400),
});

/** True when the signature over the bytes was made with the hub's key. */
export type Verify = (bytes: Uint8Array, signature: string) => boolean | Promise<boolean>;

/** What is signed: never something that could be read as anything else. */
export function bytesToSign(text: string): Uint8Array {
  return utf8ToBytes(`zonebridge desired state ${wayBackVersion}\n${text}`);
}

export function sealed(text: string, signature: string): string {
  return JSON.stringify({ manifest: text, signature });
}

/**
 * Reads a manifest that may come from anybody. Throws `desired/invalid`, `desired/wrong-signature`, `desired/wrong-cluster`; nothing of it is
 * looked at before its signature was.
 */
export async function openManifest(
  text: string,
  { cluster, verify }: { cluster: string; verify: Verify },
): Promise<Manifest> {
  const sent = envelope.safeParse(parsed(text));
  if (!sent.success) throw new ZonebridgeError('desired/invalid', 'the manifest is no signed manifest');
  const { manifest: signed, signature } = sent.data;
  if (!(await verify(bytesToSign(signed), signature)))
    throw new ZonebridgeError(
      'desired/wrong-signature',
      'the manifest does not carry the signature of the hub',
    );
  const read = manifest.safeParse(parsed(signed));
  if (!read.success || read.data.format !== wayBackVersion)
    throw new ZonebridgeError('desired/invalid', 'the manifest has another form than this version knows');
  if (read.data.cluster !== cluster)
    throw new ZonebridgeError(
      'desired/wrong-cluster',
      `the manifest is for ${read.data.cluster}, this is ${cluster}`,
    );
  return read.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
