import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { inRegion } from './settings.ts';

let client: EventBridgeClient | undefined;

export function eventsClient(region?: string): EventBridgeClient {
  client ??= new EventBridgeClient(inRegion(region));
  return client;
}
