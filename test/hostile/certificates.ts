import { certify, type Identity } from '../support/pki.ts';

const here = [{ type: 'ip', value: '127.0.0.1' }] as const;

/** Whom a client believes, whom that one has signed, and somebody else. */
export interface Authorities {
  authority: Identity;
  intermediate: Identity;
  stranger: Identity;
}

export async function makeAuthorities(): Promise<Authorities> {
  const authority = await certify({ name: 'our authority', authority: true });
  return {
    authority,
    intermediate: await certify({ name: 'our second authority', authority: true, signedBy: authority }),
    stranger: await certify({ name: 'another authority', authority: true }),
  };
}

export async function goodCertificate({ authority }: Authorities): Promise<Identity> {
  return await certify({ name: 'firewall', signedBy: authority, for: here });
}

/** Certificates of a server on 127.0.0.1 that nobody may believe, and what OpenSSL or Node say to each. */
export const badCertificates: readonly [
  what: string,
  make: (authorities: Authorities) => Promise<Identity>,
  code: string,
][] = [
  [
    'expired',
    ({ authority }) => certify({ name: 'f', signedBy: authority, for: here, days: { from: -30, to: -1 } }),
    'CERT_HAS_EXPIRED',
  ],
  [
    'not valid yet',
    ({ authority }) => certify({ name: 'f', signedBy: authority, for: here, days: { from: 1, to: 30 } }),
    'CERT_NOT_YET_VALID',
  ],
  [
    'for another name',
    ({ authority }) =>
      certify({
        name: '127.0.0.1',
        signedBy: authority,
        for: [{ type: 'dns', value: 'other.example.com' }],
      }),
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
  [
    'for another address',
    ({ authority }) => certify({ name: 'f', signedBy: authority, for: [{ type: 'ip', value: '127.0.0.2' }] }),
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
  [
    'that has the address as a name',
    ({ authority }) =>
      certify({ name: 'f', signedBy: authority, for: [{ type: 'dns', value: '127.0.0.1' }] }),
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
  ['self-signed', () => certify({ name: 'f', for: here }), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [
    'of another authority',
    ({ stranger }) => certify({ name: 'f', signedBy: stranger, for: here }),
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ],
  [
    'whose authority in between is missing',
    ({ intermediate }) => certify({ name: 'f', signedBy: intermediate, for: here }),
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ],
];
