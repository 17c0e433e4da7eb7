import { firewallDescriptions } from '../firewalls/descriptions.ts';
import type { Modules } from './configuration/json-schema.ts';

/** The vendors this installation knows, by kind. */
export const modules: Modules = firewallDescriptions;
