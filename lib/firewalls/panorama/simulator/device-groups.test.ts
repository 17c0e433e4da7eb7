import { afterEach, describe, expect, test } from 'vitest';
import { RawPanorama } from '../../../../test/support/firewalls/panorama-http.ts';

const [first, second] = ['007051000000001', '007051000000002'];
const base = "/config/devices/entry[@name='localhost.localdomain']/device-group";

let panorama: RawPanorama;
afterEach(async () => await panorama.stop());

function group(name: string, rest = ''): string {
  return `${base}/entry[@name='${name}']${rest}`;
}

async function setAddress(xpath: string, name: string, value: string): Promise<void> {
  await panorama.config(
    'set',
    `${xpath}/address/entry[@name='${name}']`,
    `<ip-netmask>${value}</ip-netmask>`,
  );
}

async function tree(): Promise<void> {
  panorama = await RawPanorama.start({
    kind: 'panorama',
    deviceGroups: ['emea/berlin', 'emea/paris', 'apac'],
    managed: [`${first}@emea`, `${second}@berlin`],
  });
}

describe('device groups in device groups', () => {
  test('are told as a tree, and each with its own firewalls', async () => {
    await tree();
    expect(await panorama.op('<show><dg-hierarchy></dg-hierarchy></show>')).toMatch(
      /<dg dg_id="\d+" name="emea"><dg dg_id="\d+" name="berlin"\/?>.*<dg dg_id="\d+" name="paris"\/?>.*<\/dg><dg dg_id="\d+" name="apac"/,
    );
    const listed = await panorama.op('<show><devicegroups/></show>');
    expect(listed).toMatch(
      new RegExp(`<entry name="emea"><devices><entry name="${first}">(?:(?!entry name).)*</devices>`),
    );
    expect(listed).toMatch(new RegExp(`<entry name="berlin"><devices><entry name="${second}">`));
  });

  test('show what they inherit with its owner, and the nearest of a name', async () => {
    await tree();
    await setAddress('/config/shared', 'a', '10.0.0.1');
    await setAddress('/config/shared', 'b', '10.0.0.2');
    await setAddress(group('emea'), 'b', '10.1.0.2');
    await setAddress(group('berlin'), 'c', '10.2.0.3');
    const list = await panorama.config('get', group('berlin', '/address'));
    expect(list).toMatch(/<entry name="c"><ip-netmask>10\.2\.0\.3/);
    expect(list).toMatch(/<entry name="b" loc="emea"><ip-netmask>10\.1\.0\.2/);
    expect(list).toMatch(/<entry name="a" loc="shared"><ip-netmask>10\.0\.0\.1/);
    expect(list.match(/<entry /g)).toHaveLength(3);
    expect(await panorama.config('get', group('apac', "/address/entry[@name='b']"))).toContain(
      'loc="shared"',
    );
    expect(await panorama.config('get', group('paris', "/address/entry[@name='c']"))).toContain('code="7"');
  });

  test('find members in their own place and above, and not beside', async () => {
    await tree();
    await setAddress(group('emea'), 'b', '10.1.0.2');
    const members = '<static><member>b</member></static>';
    await panorama.config('set', group('berlin', "/address-group/entry[@name='g']"), members);
    expect(await panorama.commit('<commit/>')).toMatchObject({ result: 'OK' });
    await panorama.config('set', group('apac', "/address-group/entry[@name='g']"), members);
    expect(await panorama.commit('<commit/>')).toMatchObject({ result: 'FAIL' });
  });

  test('are pushed to by name alone, and those below are out of sync until they are, too', async () => {
    await tree();
    await setAddress(group('emea'), 'b', '10.1.0.2');
    await panorama.commit('<commit/>');
    const push = (...names: string[]) =>
      `<commit-all><shared-policy><device-group>${names.map((name) => `<entry name="${name}"/>`).join('')}</device-group></shared-policy></commit-all>`;
    const inSync = async () => {
      const listed = await panorama.op('<show><devicegroups/></show>');
      return [...listed.matchAll(/([^<>]*)<\/shared-policy-status>/g)].map(([, status]) => status);
    };
    expect(await inSync()).toEqual(['Out of Sync', 'Out of Sync']);
    expect(await panorama.commit(push('emea'), 'all')).toMatchObject({ result: 'OK', serials: [first] });
    expect(await inSync()).toEqual(['In Sync', 'Out of Sync']);
    expect(await panorama.commit(push('emea', 'berlin'), 'all')).toMatchObject({ serials: [first, second] });
    expect(await inSync()).toEqual(['In Sync', 'In Sync']);
    await setAddress(group('apac'), 'z', '10.9.0.1');
    await panorama.commit('<commit/>');
    expect(await inSync()).toEqual(['In Sync', 'In Sync']);
  });

  test.each([
    [['a/b', 'c/b'], 'two places'],
    [['a/b/c/d/e'], 'levels'],
    [['a//b'], 'no name'],
  ])('that are no tree are refused (%j)', async (deviceGroups, why) => {
    await tree();
    await expect(RawPanorama.start({ kind: 'panorama', deviceGroups })).rejects.toThrow(why);
  });
});
