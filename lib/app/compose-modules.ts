import { firewallModules } from '../firewalls/registry.ts';
import type { Modules } from './configuration/json-schema.ts';

/** The vendor modules this installation knows, by kind. */
export const modules: Modules = firewallModules;
