import { describe, test } from 'vitest';
import { goVersion } from '../../lib/sandbox/kubernetes/go-build.ts';

/**
 * `describe` for tests that need the real Kubernetes API: without Go they are skipped with a visible reason,
 * and fail when `CI` is set, so that a pipeline cannot be green without them.
 */
export async function kubernetesOrSkip(name: string, body: () => void): Promise<void> {
  try {
    await goVersion();
  } catch (error) {
    if (process.env['CI']) {
      describe(name, () => {
        test('needs Go to build the Kubernetes API', () => {
          throw error;
        });
      });
      return;
    }
    const reason = 'skipped: Go 1.24 or newer builds the Kubernetes API and is not installed';
    console.warn(`${name}: ${reason}`);
    describe.skip(`${name} (${reason})`, body);
    return;
  }
  describe(name, body);
}
