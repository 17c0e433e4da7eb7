/** What one accepted write did, for the commit log. */
export interface Change {
  kind:
    | 'create'
    | 'update'
    | 'rename'
    | 'delete'
    | 'member-add'
    | 'member-remove'
    | 'feed-add'
    | 'feed-remove'
    | 'feed-snapshot'
    | 'feed-lost';
  /** Table such as `firewall/addrgrp`; feeds use `system/external-resource`. */
  path: string;
  key: string;
  /** Scalar fields that have another value now. */
  fields?: string[];
  /** Names or entries that came and went, per list; `entries` for feeds. */
  added?: Record<string, string[]>;
  removed?: Record<string, string[]>;
  /** After a rename. */
  newKey?: string;
}

export interface PlacedChange extends Change {
  vdom: string;
}
