import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A finding of the security rules that stays, with the reason a reviewer needs. */
export interface Acknowledgement {
  id: string;
  reason: string;
}

/** Accepts single findings on one construct. Never called with a stack or the app. */
export function acknowledge(construct: IConstruct, ...acknowledgements: readonly Acknowledgement[]): void {
  for (const acknowledgement of acknowledgements) Validations.of(construct).acknowledge(acknowledgement);
}
