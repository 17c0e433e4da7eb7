import { afterEach, describe, expect, test } from 'vitest';
import { RawPanorama } from '../../../../test/support/firewalls/panorama-http.ts';

const vsys = "/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']";
const rules = `${vsys}/rulebase/security/rules`;
const serial = '007051000000001';

let device: RawPanorama;
afterEach(async () => await device.stop());

describe('a dynamic address group', () => {
  test.each([
    ["'web'", ['10.0.0.1', '10.0.0.3']],
    ["'web' and 'prod'", ['10.0.0.3']],
    ['web AND prod', ['10.0.0.3']],
    ["'web' or 'prod'", ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
    ["'old' or 'web' and 'prod'", ['10.0.0.3', '10.0.0.4']],
    ["('old' or 'web') and 'prod'", ['10.0.0.3']],
    ["('web' or 'prod'", []],
  ])('has the addresses that fit %s', async (filter, addresses) => {
    device = await RawPanorama.start();
    await device.register('10.0.0.1', ['web']);
    await device.register('10.0.0.2', ['prod']);
    await device.register('10.0.0.3', ['web', 'prod']);
    await device.register('10.0.0.4', ['old']);
    await device.config(
      'set',
      `${vsys}/address-group/entry[@name='g']`,
      `<dynamic><filter>${filter}</filter></dynamic>`,
    );
    await device.config('set', `${rules}/entry[@name='r']`, '<source><member>g</member></source>');
    await device.commit('<commit/>');
    const shown = await device.op(
      '<show><object><dynamic-address-group><all/></dynamic-address-group></object></show>',
    );
    expect([...shown.matchAll(/<entry name="([\d.]+)"/g)].map(([, ip]) => ip)).toEqual(addresses);
  });
});

describe('a rule', () => {
  const names = async () =>
    [...(await device.config('get', rules)).matchAll(/<entry name="([^"]*)"/g)].map(([, name]) => name);

  test('moves, and is cloned', async () => {
    device = await RawPanorama.start();
    for (const name of ['a', 'b', 'c'])
      await device.config('set', `${rules}/entry[@name='${name}']`, '<action>allow</action>');
    await device.config('move', `${rules}/entry[@name='c']`, '', { where: 'top' });
    expect(await names()).toEqual(['c', 'a', 'b']);
    await device.config('move', `${rules}/entry[@name='c']`, '', { where: 'after', dst: 'a' });
    expect(await names()).toEqual(['a', 'c', 'b']);
    expect(await device.config('move', `${rules}/entry[@name='a']`, '', { where: 'top' })).toContain(
      'code="14"',
    );
    expect(
      await device.config('move', `${rules}/entry[@name='a']`, '', { where: 'before', dst: 'x' }),
    ).toContain('code="7"');
    const from = `${rules}/entry[@name='a']`;
    expect(await device.config('clone', rules, '', { from, newname: 'd' })).toContain('code="20"');
    expect(await names()).toEqual(['a', 'c', 'b', 'd']);
    expect(await device.config('clone', rules, '', { from, newname: 'b' })).toContain('code="8"');
  });
});

describe('tags of a Panorama', () => {
  const shown = '<show><object><registered-ip><all/></registered-ip></object></show>';

  test('stay there unless it redistributes them', async () => {
    device = await RawPanorama.start({ kind: 'panorama', managed: [serial] });
    await device.register('10.0.0.1', ['web']);
    expect(await device.op(shown)).toContain('10.0.0.1');
    expect(await device.op(shown, serial)).not.toContain('10.0.0.1');
  });

  test('reach its firewalls a while later, in order, and one that is away when it is back', async () => {
    const behaviour = { redistributionMs: 5_000 };
    device = await RawPanorama.start({ kind: 'panorama', managed: [serial], behaviour });
    await device.register('10.0.0.1', ['web']);
    await device.register('10.0.0.2', ['web']);
    await device.unregister('10.0.0.2', ['web']);
    expect(await device.op(shown, serial)).not.toContain('10.0.0.1');
    device.simulator.passTime(5_000);
    expect(await device.op(shown, serial)).toContain('10.0.0.1');
    expect(await device.op(shown, serial)).not.toContain('10.0.0.2');
    const { facts } = device.simulator.device.managed.get(serial)!;
    facts.connected = false;
    await device.register('10.0.0.3', ['web']);
    device.simulator.passTime(60_000);
    expect(await device.op(shown, serial)).toContain('not connected');
    facts.connected = true;
    expect(await device.op(shown, serial)).toContain('10.0.0.3');
  });
});
