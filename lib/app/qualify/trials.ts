import { ownershipOf } from '../../core/plan/ownership.ts';
import type { Bench, Cost } from './bench.ts';
import { require, requireDone, requireRefusal, requireSame, type Trial } from './trial.ts';

/** Addresses for documentation and of a private range: no rule of anybody should mean them (RFC 5737, RFC 3849). */
const one = '192.0.2.1';
const two = '192.0.2.2';
const six = '2001:db8::1';
/** In no object of another trial, nor both in one: an address that has one already costs other calls. */
const fresh = { few: '192.0.2.3', many: '192.0.2.4' };

/** `count` different addresses of the range for benchmarks (RFC 2544). */
function addresses(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `198.${18 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
  );
}

/** An answer about how far a device is, with its headers. */
const bytesOfLook = 4096;

/** What one more address costs in an object with these members. */
async function oneMore(
  bench: Bench,
  group: keyof typeof fresh,
  members: string[],
): Promise<Cost & { milliseconds: number }> {
  const object = bench.object(group, members.length + 1);
  requireDone(await bench.make(object, members));
  await bench.connect();
  const [began, before] = [bench.now(), bench.cost()];
  requireDone(await bench.change(object, { add: [fresh[group]], expectedCount: members.length + 1 }));
  const after = bench.cost();
  const milliseconds = Math.round(bench.now() - began);
  await bench.connect();
  requireSame(await bench.members(object), [...members, fresh[group]], 'members');
  return { calls: after.calls - before.calls, bytes: after.bytes - before.bytes, milliseconds };
}

const hasIpv6 = ({ open }: Bench): string | undefined =>
  open.module.facts.ipv6 ? undefined : 'the module takes no IPv6 addresses';

/** What every firewall has to keep, whatever its vendor; tried in this order. */
export const trials: readonly Trial[] = [
  {
    id: 'identity',
    promise: 'the device tells who it is',
    async run({ connection }) {
      const { serial, version, role } = await connection.identity();
      return `${serial}, version ${version}${role === undefined ? '' : `, role ${role}`}`;
    },
  },
  {
    id: 'own-object',
    promise: 'an object that we make carries our mark, and is empty',
    async run(bench) {
      const object = bench.object('own');
      requireDone(await bench.make(object));
      await bench.connect();
      const found = await bench.connection.observeObject(object);
      const identity = bench.identity(object);
      const ownership = ownershipOf(found, { create: 'own', group: object.group, identity });
      require(ownership === 'ours', `${object.name} reads back as ${ownership}`);
      requireSame(await bench.members(object), [], 'members');
      return object.name;
    },
  },
  {
    id: 'members',
    promise: 'addresses come and go, and are read back as they were written',
    async run(bench) {
      const object = bench.object('members');
      requireDone(await bench.make(object, [one]));
      requireDone(await bench.change(object, { add: [two], remove: [one], expectedCount: 1 }));
      await bench.connect();
      requireSame(await bench.members(object), [two], 'members');
      const some = await bench.connection.observeSome(object, [one, two]);
      require(some.get(two) === true && some.get(one) === false, 'single addresses read back otherwise');
      return `${two} in, ${one} out`;
    },
  },
  {
    id: 'ipv6',
    promise: 'an IPv6 address is kept in its canonical form',
    skip: hasIpv6,
    async run(bench) {
      const object = bench.object('ipv6');
      requireDone(await bench.make(object, [six]));
      await bench.connect();
      requireSame(await bench.members(object), [six], 'members');
      return six;
    },
  },
  {
    id: 'twice',
    promise: 'what is said again is done already',
    async run(bench) {
      const object = bench.object('twice');
      requireDone(await bench.make(object, [one]));
      requireDone(await bench.change(object, { add: [one], remove: [two], expectedCount: 1 }));
      await bench.connect();
      requireSame(await bench.members(object), [one], 'members');
      return 'no error, no change';
    },
  },
  {
    id: 'emptied',
    promise: 'an object may lose its last address, and be filled again',
    async run(bench) {
      const object = bench.object('emptied');
      requireDone(await bench.make(object, [one]));
      requireDone(await bench.change(object, { remove: [one], expectedCount: 0 }));
      await bench.connect();
      requireSame(await bench.members(object), [], 'members');
      requireDone(await bench.change(object, { add: [two], expectedCount: 1 }));
      return 'emptied and filled';
    },
  },
  {
    id: 'shared-address',
    promise: 'an address in two objects leaves one of them alone',
    async run(bench) {
      const [left, right] = [bench.object('left'), bench.object('right')];
      requireDone(await bench.make(left, [one]));
      requireDone(await bench.make(right, [one]));
      requireDone(await bench.change(left, { remove: [one], expectedCount: 0 }));
      await bench.connect();
      requireSame(await bench.members(right), [one], 'members of the other');
      return 'the other object kept it';
    },
  },
  {
    id: 'bad-address',
    promise: 'a text that is no address is refused, without harm to the others',
    async run(bench) {
      const object = bench.object('bad');
      requireDone(await bench.make(object));
      const report = await bench.change(object, { add: [one, '192.0.2.999'], expectedCount: 1 });
      require(report.outcomes.get('192.0.2.999')?.state === 'failed', '192.0.2.999 was taken');
      await bench.connect();
      requireSame(await bench.members(object), [one], 'members');
      return 'refused';
    },
  },
  {
    id: 'one-among-many',
    promise: 'one change among many members costs what the module declares',
    async run(bench) {
      const alone = await oneMore(bench, 'few', []);
      const among = await oneMore(bench, 'many', addresses(bench.size));
      const { calls: facts, writesWhole } = bench.open.module.facts.channels[bench.channel] ?? {};
      const declared = facts ? facts.apply + facts.object + facts.add : 0;
      // A device that works on it is asked how far it is; a cost that grows with the members is more than that.
      const looks = Math.ceil(among.milliseconds / 1000);
      const { bytes, calls, milliseconds } = among;
      require(calls <= declared + looks, `${calls} calls, ${declared} are declared and ${looks} to wait`);
      const most = 2 * alone.bytes + bytesOfLook * looks;
      require(writesWhole === true || bytes <= most, `${bytes} bytes, ${alone.bytes} in an empty object`);
      return `${calls} calls and ${bytes} bytes among ${bench.size} members, ${milliseconds} ms; ${alone.bytes} bytes in an empty object, ${alone.milliseconds} ms`;
    },
  },
  {
    id: 'unused',
    promise: 'an object that nothing uses is told as unused, and goes',
    async run(bench) {
      const object = bench.object('unused');
      requireDone(await bench.make(object));
      const { count } = await bench.connection.references(object);
      require(count === undefined || count === 0, `${count} uses are told`);
      await bench.connection.deleteObject(object);
      await bench.connect();
      const { exists } = await bench.connection.observeObject(object);
      const empty = bench.byName && (await bench.members(object)).length === 0;
      require(!exists || empty, `${object.name} is still there`);
      await bench.connection.deleteObject(object);
      return count === undefined ? 'gone; the device does not count uses' : 'gone';
    },
  },
  {
    id: 'foreign',
    promise: 'an object with the mark of another hub is not touched',
    async run(bench) {
      const object = bench.foreignObject('foreign', 'another-hub');
      requireDone(await bench.makeForeign(object, 'another-hub'));
      await bench.connect();
      const identity = bench.identity(object);
      const found = await bench.connection.observeObject(object);
      const ownership = ownershipOf(found, { create: 'own', group: object.group, identity });
      require(ownership === 'foreign', `it reads back as ${ownership}`);
      const said = await requireRefusal(
        () => bench.connection.deleteObject(object),
        'firewall/object-foreign',
      );
      return said;
    },
  },
];
