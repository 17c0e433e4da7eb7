import { chmod, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

/** Writes a kubeconfig for one client, readable by its owner alone. */
export async function writeKubeconfig(
  file: string,
  access: { url: string; ca: string; token: string },
): Promise<void> {
  const name = 'zonebridge-simulator';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      {
        name,
        cluster: {
          server: access.url,
          'certificate-authority-data': Buffer.from(access.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'admin', user: { token: access.token } }],
    contexts: [{ name, context: { cluster: name, user: 'admin' } }],
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  // The mode above is for a new file alone.
  await chmod(file, 0o600);
}
