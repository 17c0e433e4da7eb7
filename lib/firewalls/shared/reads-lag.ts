/**
 * How long after a write of ours a read may be answered from before it. Assumption: no source of these vendors tells of it; what stands between
 * us and a manager, or a pair behind one address, could, and the longest that EC2 asks its users to wait does for them, too.
 */
export const assumedReadsLagMs = 300_000;
