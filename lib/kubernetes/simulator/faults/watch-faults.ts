import type { Frame } from '../reads/watch.ts';
import { makeFrame } from '../reads/watch.ts';
import type { Watcher } from '../reads/watcher.ts';
import { expired } from '../refusal.ts';
import type { Fault } from './fault.ts';

const endings = ['watch-end', 'watch-silence', 'watch-gone', 'watch-text'] as const;

type EndingFault = Extract<Fault, { kind: (typeof endings)[number] }>;

/** What becomes of the events of one watch. */
export interface WatchFaults {
  pass: (frame: Frame, watcher: Watcher) => void;
  /** The watch is open and has sent what there was. */
  started: (watcher: Watcher) => void;
}

/** Makes the behaviour of a watch that these faults hit. */
export function watchFaults(faults: readonly Fault[]): WatchFaults {
  const ending = faults.filter(isEnding);
  const doubles = faults.some(({ kind }) => kind === 'watch-duplicate');
  const repeatsOld = faults.some(({ kind }) => kind === 'watch-stale');
  const late = faults.reduce(
    (sum, fault) => sum + (fault.kind === 'watch-delay' ? fault.milliseconds : 0),
    0,
  );
  const last = new Map<string, Frame>();
  let sent = 0;
  const pass = (frame: Frame, watcher: Watcher): void => {
    if (late > 0) setTimeout(() => deliver(frame, watcher), late);
    else deliver(frame, watcher);
  };
  const deliver = (frame: Frame, watcher: Watcher): void => {
    watcher.send(frame);
    if (doubles) watcher.send(frame);
    if (repeatsOld) {
      const old = last.get(frame.stored.uid);
      if (old) watcher.send(makeFrame('MODIFIED', old.stored));
      last.set(frame.stored.uid, frame);
    }
    sent += 1;
    for (const fault of ending) if (sent === fault.events) strike(fault, watcher);
  };
  const started = (watcher: Watcher): void => {
    for (const fault of ending) if (fault.events === 0) strike(fault, watcher);
  };
  return { pass, started };
}

function isEnding(fault: Fault): fault is EndingFault {
  return endings.some((kind) => kind === fault.kind);
}

function strike(fault: EndingFault, watcher: Watcher): void {
  switch (fault.kind) {
    case 'watch-text':
      watcher.sendText(fault.text);
      watcher.end();
      break;
    case 'watch-end':
      if (fault.how === 'clean') watcher.end();
      else watcher.cut();
      break;
    case 'watch-silence':
      watcher.silent = true;
      break;
    case 'watch-gone':
      watcher.refuse(expired('0', 0));
      break;
  }
}
