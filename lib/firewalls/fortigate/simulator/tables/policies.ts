import { choices, integer, text, toggle } from '../schema.ts';
import type { LinkListField, TableSchema } from '../schema.ts';

const links = (...tables: string[]): LinkListField => ({ kind: 'links', tables, max: 79 });
const matched = ['firewall/address', 'firewall/addrgrp', 'firewall/vip', 'system/external-resource'];
const matched6 = ['firewall/address6', 'firewall/addrgrp6', 'system/external-resource'];

/** Only what makes an object "in use" and what clients read back; order of policies is not modelled. */
export const policy: TableSchema = {
  path: 'firewall/policy',
  key: 'policyid',
  keyMax: 10,
  right: 'fwgrp.policy',
  fields: {
    status: toggle('enable'),
    name: text(35),
    uuid: { kind: 'uuid' },
    srcintf: links('system/interface'),
    dstintf: links('system/interface'),
    action: { kind: 'choice', values: choices('accept', 'deny', 'ipsec'), default: 'deny' },
    srcaddr: links(...matched),
    dstaddr: links(...matched),
    srcaddr6: links(...matched6),
    dstaddr6: links(...matched6),
    'srcaddr-negate': toggle('disable'),
    'dstaddr-negate': toggle('disable'),
    service: links('firewall.service/custom'),
    'service-negate': toggle('disable'),
    schedule: { kind: 'link', tables: ['firewall.schedule/recurring'], max: 35, default: '' },
    'internet-service': toggle('disable'),
    'match-vip': toggle('enable'),
    'inspection-mode': { kind: 'choice', values: choices('flow', 'proxy'), default: 'flow' },
    logtraffic: { kind: 'choice', values: choices('all', 'utm', 'disable'), default: 'utm' },
    nat: toggle('disable'),
    'policy-expiry': toggle('disable', { since: '7.2.0' }),
    'send-deny-packet': toggle('disable'),
    comments: text(1023),
  },
};

export const service: TableSchema = {
  path: 'firewall.service/custom',
  key: 'name',
  keyMax: 79,
  right: 'fwgrp.service',
  fields: {
    uuid: { kind: 'uuid', since: '7.2.0' },
    protocol: {
      kind: 'choice',
      values: choices('TCP/UDP/SCTP', 'TCP/UDP/UDP-Lite/SCTP', 'ICMP', 'ICMP6', 'IP', 'HTTP', 'FTP', 'ALL'),
      default: 'TCP/UDP/SCTP',
    },
    'protocol-number': integer(0, 254, 0),
    helper: text(35, 'auto'),
    'tcp-portrange': text(255),
    'udp-portrange': text(255),
    'check-reset-range': text(35, 'default'),
    'app-service-type': text(35, 'disable'),
    comment: text(255),
  },
  predefined: [
    { name: 'ALL', protocol: 'IP' },
    { name: 'HTTP', 'tcp-portrange': '80' },
    { name: 'HTTPS', 'tcp-portrange': '443' },
    { name: 'DNS', 'tcp-portrange': '53', 'udp-portrange': '53' },
  ],
};

export const schedule: TableSchema = {
  path: 'firewall.schedule/recurring',
  key: 'name',
  keyMax: 31,
  right: 'fwgrp.schedule',
  fields: {
    start: text(5, '00:00'),
    end: text(5, '00:00'),
    day: text(70, 'sunday monday tuesday wednesday thursday friday saturday'),
    color: integer(0, 32, 0),
  },
  predefined: [{ name: 'always' }],
};

/** Virtual addresses exist here for the name space they share with addresses and groups. */
export const virtualAddress: TableSchema = {
  path: 'firewall/vip',
  key: 'name',
  keyMax: 79,
  right: 'fwgrp.policy',
  sharesNames: { 'firewall/address': -164, 'firewall/addrgrp': -165 },
  fields: {
    uuid: { kind: 'uuid' },
    comment: text(255),
    type: { kind: 'choice', values: choices('static-nat', 'fqdn'), default: 'static-nat' },
    extip: text(79),
    mappedip: { kind: 'opaque', default: [] },
    extintf: { kind: 'link', tables: ['system/interface'], max: 35, default: '' },
  },
};
