import { choices, integer, text, toggle } from '../schema.ts';
import type { TableSchema } from '../schema.ts';

/** Threat feeds. Assumption: the table is kept per VDOM, as the `vdom` parameter of its entry list suggests. */
export const externalResource: TableSchema = {
  path: 'system/external-resource',
  key: 'name',
  keyMax: 35,
  right: 'sysgrp.cfg',
  fields: {
    uuid: { kind: 'uuid', since: '7.0.0' },
    status: toggle('enable'),
    type: {
      kind: 'choice',
      values: {
        ...choices('category', 'domain', 'address', 'malware'),
        'mac-address': '7.4.0',
        data: '7.4.2',
        'generic-address': '7.6.1',
      },
      default: 'category',
    },
    'update-method': { kind: 'choice', values: choices('feed', 'push'), default: 'feed', since: '7.2.1' },
    category: integer(192, 221, 0),
    username: text(64),
    password: text(128),
    comments: text(255),
    resource: text(511),
    'user-agent': { kind: 'text', max: 127, since: '6.4.4' },
    'server-identity-check': {
      kind: 'choice',
      values: choices('none', 'basic', 'full'),
      default: 'none',
      since: '7.0.8',
    },
    'refresh-rate': integer(1, 43_200, 5),
    'source-ip': { kind: 'ipv4', default: '0.0.0.0' },
    'interface-select-method': {
      kind: 'choice',
      values: choices('auto', 'sdwan', 'specify'),
      default: 'auto',
      since: '6.4.4',
    },
    interface: { kind: 'link', tables: ['system/interface'], max: 15, default: '' },
    'client-cert-auth': toggle('disable', { since: '7.6.1' }),
    'vrf-select': { kind: 'integer', min: 0, max: 511, default: 0, since: '7.6.1' },
    namespace: { kind: 'text', max: 15, since: '7.6.1' },
  },
};

/** API administrators beside the one whose token the simulator was started with. Assumption: reading them needs `sysgrp.admin`. */
export const apiUser: TableSchema = {
  path: 'system/api-user',
  key: 'name',
  keyMax: 35,
  right: 'sysgrp.admin',
  fields: {
    comments: text(255),
    accprofile: text(35),
    vdom: { kind: 'links', tables: [], max: 31 },
    trusthost: { kind: 'opaque', default: [] },
    schedule: text(35),
    'peer-auth': toggle('disable'),
    'peer-group': text(35),
    'cors-allow-origin': text(269),
  },
};

export const networkInterface: TableSchema = {
  path: 'system/interface',
  key: 'name',
  keyMax: 15,
  right: 'netgrp.cfg',
  fields: {
    alias: text(25),
    ip: text(63, '0.0.0.0 0.0.0.0'),
    status: { kind: 'choice', values: choices('up', 'down'), default: 'up' },
  },
  predefined: [{ name: 'any' }, { name: 'port1' }, { name: 'port2' }, { name: 'port3' }],
};

export const globalSettings: TableSchema = {
  path: 'system/global',
  key: 'name',
  keyMax: 0,
  right: 'sysgrp.cfg',
  single: true,
  fields: {
    hostname: text(35, 'fortigate-simulator'),
    timezone: text(63),
    'rest-api-key-url-query': toggle('disable', { since: '7.4.5' }),
    'vdom-mode': { kind: 'choice', values: choices('no-vdom', 'multi-vdom'), default: 'no-vdom' },
  },
};

/** 0 = not limited here. */
export const resourceLimits: TableSchema = {
  path: 'system/resource-limits',
  key: 'name',
  keyMax: 0,
  right: 'sysgrp.cfg',
  single: true,
  fields: {
    'firewall-address': integer(0, 4_294_967_295, 0),
    'firewall-addrgrp': integer(0, 4_294_967_295, 0),
    'firewall-policy': integer(0, 4_294_967_295, 0),
    'custom-service': integer(0, 4_294_967_295, 0),
    'service-group': integer(0, 4_294_967_295, 0),
  },
};
