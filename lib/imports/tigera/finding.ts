/** Something of the former tool that is not in the new configuration, and why. Texts from outside are quoted in it. */
export interface Finding {
  /** File and line, or the cluster, and the object. */
  place: string;
  what: string;
  /** Why it is not carried over, and what to do instead. */
  reason: string;
}

/** A value that the former tool did not have, filled in with an example or an assumption; a person looks at it. */
export interface FillIn {
  /** Path in the written configuration. */
  path: string;
  why: string;
}
