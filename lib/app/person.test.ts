import { expect, test } from 'vitest';
import { maybeSamePerson } from './person.ts';

const session = (role: string, name: string, account = '111122223333') =>
  `arn:aws:sts::${account}:assumed-role/${role}/${name}`;
const federated = (name: string) => `arn:aws:sts::111122223333:federated-user/${name}`;
const sso = 'AWSReservedSSO_Operators_0123456789abcdef';
const otherSso = 'AWSReservedSSO_Deployers_fedcba9876543210';

test.each([
  ['a user with itself', 'arn:aws:iam::111122223333:user/mia', 'arn:aws:iam::111122223333:user/mia', true],
  ['two users', 'arn:aws:iam::111122223333:user/mia', 'arn:aws:iam::111122223333:user/tom', false],
  ['two sessions of a role, named by whoever assumed it', session('ops', 'mia'), session('ops', 'tom'), true],
  ['a role and its session', 'arn:aws:iam::111122223333:role/path/ops', session('ops', 'x'), true],
  ['roles of one name in two accounts', session('ops', 'mia'), session('ops', 'mia', '444455556666'), false],
  [
    'two people of the identity center',
    session(sso, 'mia@example.com'),
    session(sso, 'tom@example.com'),
    false,
  ],
  [
    'one of them with two permission sets',
    session(sso, 'mia@example.com'),
    session(otherSso, 'mia@example.com'),
    true,
  ],
  ['a session whose name a user chose', federated('tom'), 'arn:aws:iam::111122223333:user/mia', true],
  ['two of them', federated('tom'), federated('mia'), true],
  ['somebody unknown', undefined, session(sso, 'mia@example.com'), true],
  ['nobody known at all', undefined, undefined, true],
])('%s', (_, one, other, same) => {
  expect(maybeSamePerson(one, other)).toBe(same);
  expect(maybeSamePerson(other, one)).toBe(same);
});
