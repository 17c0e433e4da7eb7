/**
 * How long after a write of ours a read may be answered from before it. Assumption: no source of these vendors tells of it. What stands between us
 * and a manager, or the other unit of a pair behind one address, could be that late; longer would hide for that time what a person does.
 */
export const assumedReadsLagMs = 3_000;

/** How long a state that our own write replaced is made nothing of. That costs nothing, so it is as long as EC2 asks its users to wait at most. */
export const formerStateMs = 300_000;
