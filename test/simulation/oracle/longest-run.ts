/** A function works on with an older configuration at most as long as it runs. */
export const longestRunMs = 130_000;
