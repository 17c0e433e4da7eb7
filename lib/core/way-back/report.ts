import { z } from 'zod';

/** What an agent says of a manifest: how far it got, and what became of each object. Text is cut before it is sent. */
export const appliedReport = z.strictObject({
  /** Generation of the manifest that was taken; 0: it was refused. */
  generation: z.number().int().nonnegative(),
  /** Why the manifest as a whole was not taken. */
  refused: z.strictObject({ code: z.string().max(60), message: z.string().max(400) }).optional(),
  parts: z
    .array(
      z.strictObject({
        producer: z.string().max(60),
        /** Why nothing of this producer was touched. */
        refused: z.strictObject({ code: z.string().max(60), message: z.string().max(400) }).optional(),
        /** How many objects had each outcome. */
        outcomes: z.record(z.string().max(20), z.number().int().nonnegative()),
        /** Each object that is not as it should be, or was touched this time; the first ones. */
        objects: z
          .array(
            z.strictObject({
              object: z.string().max(400),
              outcome: z.string().max(20),
              message: z.string().max(300).optional(),
            }),
          )
          .max(50),
      }),
    )
    .max(50),
});
export type AppliedReport = z.infer<typeof appliedReport>;
export type AppliedPart = AppliedReport['parts'][number];
