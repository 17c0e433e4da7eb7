/**
 * Who leads, as a Lease of the Kubernetes API tells it (coordination.k8s.io/v1). Its times come from the clock of whoever wrote them and
 * are for people: nothing here compares them with another clock.
 */
export interface LeaseRecord {
  /** Empty: nobody. */
  holder: string;
  /** For how long nobody else takes it after the holder was last seen to renew. */
  durationSeconds: number;
  /** Milliseconds since 1970. */
  acquiredAt: number;
  renewedAt: number;
  /** How often it went to another holder. */
  transitions: number;
}

/** A record as it was read or written. */
export interface StoredLease {
  record: LeaseRecord;
  /** The object as the API gave it: what is written over it has to be the next thing that is written. */
  object: unknown;
}

/** One Lease. Every call ends within seconds, and throws when its outcome is refused or unknown. */
export interface Lease {
  /** Undefined: there is no such object. */
  read(): Promise<StoredLease | undefined>;
  /** Writes over what was read, or makes the object; `conflict` when something else is there by now. */
  write(record: LeaseRecord, over: StoredLease | undefined): Promise<StoredLease | 'conflict'>;
}
