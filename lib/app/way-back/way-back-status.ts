import { troubles } from '../../core/way-back/judge.ts';
import type { AppliedPart } from '../../core/way-back/report.ts';
import type { Ports } from '../ports.ts';
import type { ActiveCluster } from '../state/configurations.ts';
import { readWayBack } from '../state/desired.ts';

/** What was published for a cluster, and what its agent made of it. */
export interface WayBackStatus {
  generation: number;
  /** Its manifest lies in the bucket; below `generation` for a moment. */
  published: number;
  /** The generation that the agent told to have taken; 0: none, or it refused the last one. */
  applied: number;
  toldAt: number | undefined;
  /** Why the manifest was refused as a whole. */
  refused: { code: string; message: string } | undefined;
  /** What is not as it should be, the first ones. */
  troubles: { producer: string; object: string; why: string; message: string }[];
}

export async function wayBackStatus(
  ports: Ports,
  cluster: ActiveCluster,
): Promise<WayBackStatus | undefined> {
  const found = await readWayBack(ports.tables, cluster.id);
  if (found === undefined) return undefined;
  const { generation, published, told } = found;
  return {
    generation,
    published,
    applied: told?.report.generation ?? 0,
    toldAt: told?.at,
    refused: told?.report.refused,
    troubles: (told?.report.parts ?? []).flatMap(troublesOf),
  };
}

function troublesOf({ producer, refused, objects }: AppliedPart): WayBackStatus['troubles'] {
  const whole = refused && { producer, object: '', why: refused.code, message: refused.message };
  const single = objects
    .filter(({ outcome }) => troubles.some((one) => one === outcome))
    .map(({ object, outcome, message = '' }) => ({ producer, object, why: outcome, message }));
  return [...(whole ? [whole] : []), ...single];
}
