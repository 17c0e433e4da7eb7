import type { TableSchema } from '../schema.ts';
import { address, address6, addressGroup, addressGroup6 } from './addresses.ts';
import { policy, schedule, service, virtualAddress } from './policies.ts';
import { apiUser, externalResource, globalSettings, networkInterface, resourceLimits } from './system.ts';

/** Every table of the device, referred-to tables before those that refer to them. One more table is one more entry. */
export const tableSchemas: readonly TableSchema[] = [
  networkInterface,
  globalSettings,
  resourceLimits,
  apiUser,
  address,
  address6,
  addressGroup,
  addressGroup6,
  externalResource,
  service,
  schedule,
  virtualAddress,
  policy,
];
