export { isAtLeast } from '../shared/version.ts';

/** First versions that host feed files; 7.4.0 does not, although it is later than 7.2.5. */
export const feedSince = ['7.2.5', '7.4.1'] as const;
/** First versions that take addresses of several tags in one call. */
export const manyTagsSince = '7.4.4';
/** First version whose partial install pushes the named objects alone. */
export const partialInstallSince = '7.4.1';
/** First version whose IPv6 groups may leave members out (`exclude`); IPv4 groups always may here. */
export const exclude6Since = '7.4.0';
/** First version whose devices take a group without a member. */
export const emptyGroupsSince = '7.2.0';
