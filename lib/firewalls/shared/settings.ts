import { isIP } from 'node:net';
import { z } from 'zod';

const hostname =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const host = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || (hostname.test(text) && !/^[\d.]+$/.test(text)),
    'is neither a host name nor an IP address',
  );

const port = z.number().int().min(1).max(65535);

/** What the entry of every firewall has that is reached over HTTPS; spread into the schema of each vendor. */
export const managementFields = {
  address: host.describe('Host name or IP address of the management interface.'),
  port: port.default(443).describe('HTTPS port of the management interface.'),
  standby: z
    .strictObject({
      address: host.describe('Host name or IP address of the other unit.'),
      port: port.optional().describe('Its HTTPS port, when it differs.'),
    })
    .optional()
    .describe(
      'The other unit of a high-availability pair whose units have an address each: the one that says it is active is written to. Needs `ha`.',
    ),
  ca: z
    .string()
    .regex(/-----BEGIN CERTIFICATE-----/, 'is not a PEM certificate')
    .max(200_000)
    .describe('Certificates (PEM) that the certificate of the device must lead to.'),
  tlsServerName: host.optional().describe('Name in the certificate, when it differs from `address`.'),
  timeoutMs: z.number().int().min(100).max(60_000).default(10_000).describe('Longest wait for one answer.'),
};

export interface ManagementSettings {
  address: string;
  port: number;
  standby?: { address: string; port?: number | undefined } | undefined;
  ca: string;
  tlsServerName?: string | undefined;
  timeoutMs: number;
}
