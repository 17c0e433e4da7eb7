/** From so many days before its end a certificate needs a person. */
export const certificateWarningDays = 30;

const dayMs = 86_400_000;

/** Whole days until a certificate ends; negative when it has ended. Times in milliseconds since 1970. */
export function daysLeft(validTo: number, now: number): number {
  return Math.floor((validTo - now) / dayMs);
}
