/** FortiOS versions as they stand in configurations (`7.4`, `7.4.4`) and envelopes (`v7.4.4`). */

export { isAtLeast } from '../shared/version.ts';

/** First version that takes pushed feeds. */
export const pushSince = '7.2.1';
/** First version that takes a group without members. */
export const emptyGroupsSince = '7.2.0';
/** First version whose IPv6 groups may leave members out (`exclude`); IPv4 groups may since 6.2. */
export const exclude6Since = '7.4.0';
/** First version with the larger, device-wide limit of feed entries. */
export const largeFeedsSince = '7.4.4';
