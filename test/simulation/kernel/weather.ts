/** How likely each fault is at each call; 0 everywhere is fine weather. */
export interface Weather {
  /** A process dies at a call, before, during or after its effect. */
  crash: number;
  /** A process stands still for 5 to 110 seconds. */
  stall: number;
  /** The tables refuse a call, or do it and lose the answer for good. */
  storeFails: number;
  /** The client library repeats a single write because the first answer was lost. */
  writeRepeated: number;
  /** A single write arrives once more, seconds later. */
  writeLate: number;
  /** The keys of a batch are read at different moments. */
  readSplit: number;
  /** Longest delay of the index, milliseconds. */
  indexLag: number;
  /** A message is delivered twice. */
  messageTwice: number;
  /** A message waits for seconds to minutes. */
  messageLate: number;
  /** The queue refuses a call. */
  queueFails: number;
  /** The bus refuses an entry, or a call as a whole. */
  busRefuses: number;
  eventLost: number;
  eventTwice: number;
  /** Seconds to an hour. */
  eventLate: number;
  /** Up to 24 hours: refused by the hub when it comes. */
  eventVeryLate: number;
  /** A schedule misses a tick. */
  tickLost: number;
  /** A watch ends, cleanly or not, or its version is gone. */
  watchEnds: number;
  listFails: number;
  /** A call to a firewall fails, loses its reply, does half, or takes long. */
  deviceFails: number;
}

export const fine: Weather = {
  crash: 0,
  stall: 0,
  storeFails: 0,
  writeRepeated: 0,
  writeLate: 0,
  readSplit: 0,
  indexLag: 0,
  messageTwice: 0,
  messageLate: 0,
  queueFails: 0,
  busRefuses: 0,
  eventLost: 0,
  eventTwice: 0,
  eventLate: 0,
  eventVeryLate: 0,
  tickLost: 0,
  watchEnds: 0,
  listFails: 0,
  deviceFails: 0,
};

/** What each fault is worth in bad weather; a plan scales it. */
export const bad: Weather = {
  crash: 0.004,
  stall: 0.002,
  storeFails: 0.01,
  writeRepeated: 0.01,
  writeLate: 0.01,
  readSplit: 0.3,
  indexLag: 3_000,
  messageTwice: 0.05,
  messageLate: 0.03,
  queueFails: 0.01,
  busRefuses: 0.05,
  eventLost: 0.01,
  eventTwice: 0.1,
  eventLate: 0.05,
  eventVeryLate: 0.005,
  tickLost: 0.1,
  watchEnds: 0.02,
  listFails: 0.1,
  deviceFails: 0.08,
};

export type WeatherName = keyof Weather;
export const weatherNames = Object.keys(fine) as WeatherName[];
